package sagatest

import (
	"fmt"

	"github.com/skaldgo/skald/saga"
)

const (
	maxHappenings = 100_000 // of a run with a schedule
	maxRedrives   = 5
)

// trial is one run of one saga under a schedule.
type trial struct {
	script *script
	end    *saga.Instance
	parked int
	err    error
	chart  *chart
}

// try runs the saga once. So many faults at the front of the schedule are given: they need not happen.
func try(factory func() (subject, error), s Schedule, given int, withChart bool) *trial {
	t := &trial{script: newScript(s, given)}
	subject, err := factory()
	if err != nil {
		t.err = err
		return t
	}
	t.script.outage, t.script.deadline = outageOf(subject.plan), subject.plan.DeadlineMS > 0
	st, err := newStage()
	if err != nil {
		t.err = err
		return t
	}
	defer st.crew.dismiss()
	w, err := newWorld(st, subject, t.script, 1)
	if err != nil {
		t.err = err
		return t
	}
	defer w.close()
	if withChart {
		w.chart = &chart{}
		t.chart = w.chart
	}
	c := w.start("1", 0, func(int) *node { return w.nodes[0] })
	if t.err = t.live(w, c); t.err == nil {
		t.err = w.check()
	}
	return t
}

// live lets the saga come to its end; when it is parked for a good reason an operator lets it go on.
func (t *trial) live(w *world, c *client) error {
	for redrives := 0; ; redrives++ {
		w.rest(maxHappenings)
		if w.trouble != nil {
			return w.trouble
		}
		t.end = c.end
		if t.end.State().Ended() {
			return nil
		}
		parked, is := t.end.Parked()
		switch {
		case redrives < maxRedrives && w.remind(c):
			continue
		case !is:
			return fmt.Errorf("the saga is %s, and nothing will ever happen to it", t.end.State())
		case !t.mayPark(parked):
			return fmt.Errorf("the saga is parked at the %s of %s (%s: %s), where the schedule lets nothing fail",
				parked.Direction, parked.Step, parked.Reason, parked.Error)
		case redrives == maxRedrives:
			return fmt.Errorf("the saga is parked at the %s of %s (%s: %s) after %d redrives",
				parked.Direction, parked.Step, parked.Reason, parked.Error, redrives)
		}
		t.parked++
		t.script.heal(parked.Step, parked.Direction)
		w.redrive(c, 0)
	}
}

// mayPark reports whether the schedule gives a reason to park there.
func (t *trial) mayPark(p saga.Parked) bool {
	switch p.Reason {
	case saga.ParkedLateSuccess:
		return t.script.blames(p.Step, saga.Action)
	case saga.ParkedStillRunning: // also a compensation that waits for an action
		return t.script.has(StillRunning)
	case saga.ParkedRetriesUsedUp, saga.ParkedPivotUnknown: // an attempt is used up when its deadline passes in an outage
		return t.script.blames(p.Step, p.Direction) ||
			t.script.has(OutageBeforeAppend, OutageAfterAppend, DeadlinePasses, SignalNever, SignalLate)
	default:
		return t.script.blames(p.Step, p.Direction)
	}
}
