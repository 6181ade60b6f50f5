package sagaview

// resumed ends the pause: the saga waits for the attempt that runs, for the next one that is due, or to go on at once.
// What has passed meanwhile is due soon.
func (r *sagaRows) resumed(soon int64) {
	r.paused = false
	r.goesOn(soon, soon)
}

// goesOn notes what a saga waits for that an operator has let go on: nothing before floor.
func (r *sagaRows) goesOn(floor, soon int64) {
	r.wait("the saga to go on", soon)
	for i := range r.steps {
		if s := &r.steps[i]; s.running {
			r.wait(s.comes(), laterOf(s.nextDue, floor))
			return
		}
	}
	for i := range r.steps {
		if s := &r.steps[i]; r.toRetry(s) {
			r.wait("the next attempt of the "+s.direction()+" of step "+s.step, laterOf(s.nextDue, floor))
			return
		}
	}
}

// laterOf returns a due instant, but none before floor; 0 stays what it is, never.
func laterOf(due, floor int64) int64 {
	if due == 0 {
		return 0
	}
	return max(due, floor)
}
