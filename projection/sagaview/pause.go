package sagaview

// resumed ends the pause: the saga waits for the attempt that runs, for the next one that is due, or to go on at once.
// What has passed meanwhile is due soon.
func (r *sagaRows) resumed(soon int64) {
	r.paused = false
	r.wait("the saga to go on", soon)
	for i := range r.steps {
		if s := &r.steps[i]; s.running {
			r.wait(s.comes(), laterOf(s.nextDue, soon))
			return
		}
	}
	for i := range r.steps {
		if s := &r.steps[i]; r.toRetry(s) {
			r.wait("the next attempt of the "+s.direction()+" of step "+s.step, laterOf(s.nextDue, soon))
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
