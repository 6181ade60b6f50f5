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
	script   *script
	end      *saga.Instance
	children []*client // that have begun
	parked   int
	err      error
	chart    *chart
}

// try runs the saga once. So many faults at the front of the schedule are given: they need not happen.
func try(factory func() (subject, error), s Schedule, given int, withChart bool) *trial {
	t := &trial{script: newScript(s, given)}
	subject, err := factory()
	if err != nil {
		t.err = err
		return t
	}
	t.script.migrates = subject.migrates
	for _, plan := range subject.plans() {
		t.script.outage = max(t.script.outage, outageOf(plan))
		t.script.deadline = t.script.deadline || plan.DeadlineMS > 0
	}
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
	t.script.w = w
	if withChart {
		w.chart = &chart{}
		t.chart = w.chart
	}
	c := w.start("1", 0, func(int) *node { return w.nodes[0] })
	if t.err = t.live(w); t.err == nil {
		t.err = w.check()
	}
	t.end = c.end
	for _, c := range w.clients {
		if c.parent != nil && !c.unborn() {
			t.children = append(t.children, c)
		}
	}
	return t
}

// live lets the saga and its children come to their ends; when one is parked for a good reason an operator lets it go on.
func (t *trial) live(w *world) error {
	for redrives := 0; ; redrives++ {
		w.rest(maxHappenings)
		if w.trouble != nil {
			return w.trouble
		}
		open, moved := 0, 0
		for _, c := range w.clients {
			if c.end.State().Ended() || c.unborn() {
				continue
			}
			open++
			moves, err := t.help(w, c, redrives)
			if err != nil {
				return err
			}
			if moves {
				moved++
			}
		}
		switch {
		case open == 0:
			return nil
		case moved == 0:
			return fmt.Errorf("the saga is %s, and nothing will ever happen to it", w.clients[0].end.State())
		}
	}
}

// help lets a person do what a saga waits for that has not ended, and reports whether there was anything to do.
func (t *trial) help(w *world, c *client, redrives int) (bool, error) {
	parked, is := c.end.Parked()
	_, paused := c.end.Paused()
	switch {
	case paused && redrives < maxRedrives:
		w.resume(c)
		return true, nil
	case redrives < maxRedrives && w.remind(c):
		return true, nil
	case !is:
		return false, nil
	case !t.mayPark(c, parked):
		return false, fmt.Errorf("%s is parked at the %s of %s (%s: %s), where the schedule lets nothing fail",
			c.called(), parked.Direction, parked.Step, parked.Reason, parked.Error)
	case redrives == maxRedrives:
		return false, fmt.Errorf("%s is parked at the %s of %s (%s: %s) after %d redrives",
			c.called(), parked.Direction, parked.Step, parked.Reason, parked.Error, redrives)
	}
	t.parked++
	t.script.heal(c.within(), parked.Step, parked.Direction)
	w.redrive(c, 0)
	return true, nil
}

// mayPark reports whether the schedule gives a reason to park there.
func (t *trial) mayPark(c *client, p saga.Parked) bool {
	if t.script.blamesChild(c, p.Step) {
		return true
	}
	switch p.Reason {
	case saga.ParkedLateSuccess:
		return t.script.blames(c.within(), p.Step, saga.Action)
	case saga.ParkedStillRunning: // also a compensation that waits for an action
		return t.script.has(StillRunning)
	case saga.ParkedRetriesUsedUp, saga.ParkedPivotUnknown: // an attempt is used up when its deadline passes in an outage
		return t.script.blames(c.within(), p.Step, p.Direction) ||
			t.script.has(OutageBeforeAppend, OutageAfterAppend, ParentPaused, DeadlinePasses, SignalNever, SignalLate)
	default:
		return t.script.blames(c.within(), p.Step, p.Direction)
	}
}
