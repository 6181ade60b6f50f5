package saga_test

import (
	"slices"

	"github.com/skaldgo/skald/saga"
)

// possible tells whether an event can follow, in a log that only orchestrators and operators have written.
func (p past) possible(event saga.Event) bool {
	if id, number, begins, ok := attemptOf(event); ok {
		return !p.ended() && p.index(id.step) >= 0 && p.attemptFits(id, number, begins, event)
	}
	left := len(p.stands()) > 0
	turned := p.state() == saga.StateCompensating
	switch e := event.(type) {
	case saga.StepRetryScheduled:
		return !p.ended() && p.index(e.Step) >= 0
	case saga.CompensationRetryScheduled:
		return !p.ended() && p.index(e.Step) >= 0
	case saga.SagaParked:
		return !p.ended()
	case saga.CompensationRequested:
		for _, step := range e.Plan {
			if p.index(step) < 0 {
				return false
			}
		}
		return !p.ended() && !turned
	case saga.SagaCancelRequested:
		return !p.ended() && !turned && !p.tooLate() && !p.turning() && !has(p, anyOf[saga.SagaCancelRequested])
	case saga.SignalReceived:
		return !p.ended() && !has(p, func(before saga.SignalReceived) bool { return before.ID == e.ID })
	case saga.SagaOverdue:
		return !p.ended() && !turned && !p.overdue() && !p.deadline().IsZero() && e.Deadline.Equal(p.deadline())
	case saga.StepGivenUp:
		id := trackID{e.Step, saga.Action}
		return !p.ended() && !turned && !p.turning() && (len(p.running()) > 0 || p.anyOwes()) && slices.Contains(p.stands(), id) && !p.isOpen(id)
	case saga.DeadlineExtended:
		return !p.ended() && !turned
	case saga.RetryPolicyChanged:
		return !p.ended() && p.policyFits(e)
	case saga.SagaPaused:
		return !p.ended() && !p.paused()
	case saga.SagaResumed:
		return p.paused()
	case saga.SagaMigrated:
		return p.mayMigrate(e)
	case saga.SagaTerminated:
		return !p.ended()
	case saga.StepRedriven:
		return p.parked() && p.index(e.Step) >= 0
	case saga.StepSkipped:
		return p.maySkip(e.Step)
	case saga.StepResolved:
		return p.mayResolve(trackID{e.Step, e.Direction})
	case saga.SagaCompleted:
		return !p.ended() && !left && !turned
	case saga.SagaFailed:
		return !p.ended() && !left && turned
	}
	return false // of SagaStarted a history holds one, its first
}

func (p past) attemptFits(id trackID, number int, begins bool, event saga.Event) bool {
	if begins {
		if e, action := event.(saga.StepStarted); action && e.Probe == saga.ProbeOnly {
			fits := slices.Contains(p.stands(), id) && p.owes(id.step) && (p.askOnly(id) || p.turning())
			return fits && !p.halted() && number == p.attempts(id)+1
		}
		return p.mayBegin(id) && !p.halted() && number == p.attempts(id)+1
	}
	if e, success := event.(saga.StepCompleted); success && e.Late {
		return !p.succeeded(id.step) && number >= 1 && number <= p.attempts(id)
	}
	return slices.ContainsFunc(p.open(), func(b opened) bool { return b.trackID == id && b.Attempt == number })
}
