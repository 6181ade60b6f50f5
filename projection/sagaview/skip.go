package sagaview

import "github.com/skaldgo/skald/saga"

// skipped takes in that an operator has the saga pass a step over, which also ends the wait of one that waits for a signal.
func (r *sagaRows) skipped(e saga.StepSkipped, at, soon int64) error {
	r.parked = false
	s, err := r.step(e.Step)
	if err != nil {
		return err
	}
	s.rest(stepSkipped, at)
	r.leaveStarted()
	r.wait("the next step to start", soon)
	r.awaitRunning(soon)
	return nil
}
