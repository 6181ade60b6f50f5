package sagaview

import "github.com/skaldgo/skald/saga"

// resolved takes in an operator's word for what came of the parked step, and lets the saga go on behind it.
func (r *sagaRows) resolved(e saga.StepResolved, at, soon int64) error {
	r.parked = false
	s, err := r.step(e.Step)
	switch {
	case err != nil:
		return err
	case e.Direction == saga.Action:
		r.done++
		s.resultKnown = true
		s.rest(stepCompleted, at)
		r.leaveStarted()
		r.wait("the next step to start", soon)
	default:
		if s.state != stepCompensated { // or it was found to have happened after that
			r.compensated++
			s.rest(stepCompensated, at)
		}
		s.undoBlind, s.touched = !s.resultKnown, true
		r.wait("the next compensation to start", soon)
	}
	r.awaitRunning(soon)
	return nil
}

// awaitRunning lets the saga wait for the attempt that runs, if one does. Its deadline may have passed while a person was
// waited for.
func (r *sagaRows) awaitRunning(soon int64) {
	for i := range r.steps {
		if s := &r.steps[i]; s.running {
			r.wait(s.comes(), max(soon, s.nextDue))
		}
	}
}
