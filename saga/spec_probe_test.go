package saga_test

import (
	"slices"

	"github.com/skaldgo/skald/saga"
)

// useOf is what an attempt has to do with the probe of its step.
func (p past) useOf(id trackID, number int) saga.ProbeUse {
	begun, _ := last(p, func(e saga.StepStarted) bool { return e.Step == id.step && e.Attempt == number })
	if id.direction == saga.Compensation {
		return saga.NoProbe
	}
	return begun.Probe
}

// asked reports whether the last thing that was done about a step, since its last redrive, was to ask its probe, and that has
// an outcome. An interruption is none, until there are too many.
func (p past) asked(id trackID) bool {
	begun, interruptions := p.since(id, p.refreshed(id))
	if len(begun) == 0 {
		return false
	}
	number := begun[len(begun)-1].Attempt
	if p.useOf(id, number) != saga.ProbeOnly {
		return false
	}
	for _, event := range p.events {
		of, ended, begins, ok := attemptOf(event)
		if !ok || begins || of != id || ended != number {
			continue
		}
		if _, cutOff := event.(saga.StepInterrupted); !cutOff || interruptions >= 5 {
			return true
		}
	}
	return false
}

// owes reports whether the probe of a step is to be asked before the step is given up.
func (p past) owes(step string) bool {
	id := trackID{step, saga.Action}
	if p.state() == saga.StateCompensating || p.isOpen(id) || p.succeeded(step) || !p.unknown(step) {
		return false
	}
	return p.plan.Steps[p.index(step)].Probe && !p.asked(id)
}

// anyOwes reports whether a step at which the saga stands owes its probe.
func (p past) anyOwes() bool {
	return slices.ContainsFunc(p.stands(), func(id trackID) bool { return p.owes(id.step) })
}

// askOnly reports whether of the attempts of a step only one is left that asks its probe.
func (p past) askOnly(id trackID) bool {
	_, at := last(p, func(e saga.StepRetryScheduled) bool { return e.Step == id.step && e.Probe == saga.ProbeOnly })
	return id.direction == saga.Action && at > p.refreshed(id)
}

// useOfNext is what the next attempt of a track has to do with a probe.
func (p past) useOfNext(id trackID) saga.ProbeUse {
	switch {
	case id.direction == saga.Compensation || !p.plan.Steps[p.index(id.step)].Probe || !p.unknown(id.step):
		return saga.NoProbe
	case p.owes(id.step) && (p.askOnly(id) || p.turning()):
		return saga.ProbeOnly
	}
	return saga.ProbeFirst
}
