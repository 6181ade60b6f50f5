package saga_test

import "github.com/skaldgo/skald/saga"

// possible tells whether an event can follow, in a log that only orchestrators and operators have written.
func (p past) possible(event saga.Event) bool {
	if id, number, begins, ok := attemptOf(event); ok {
		return !p.ended() && p.index(id.step) >= 0 && p.attemptFits(id, number, begins, event)
	}
	_, left := p.next()
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
		return !p.ended() && !turned && !p.tooLate() && !has(p, anyOf[saga.SagaCancelRequested])
	case saga.SagaTerminated:
		return !p.ended()
	case saga.StepRedriven:
		return p.parked() && p.index(e.Step) >= 0
	case saga.SagaCompleted:
		return !p.ended() && !left && !turned
	case saga.SagaFailed:
		return !p.ended() && !left && turned
	}
	return false // of SagaStarted a history holds one, its first
}

func (p past) attemptFits(id trackID, number int, begins bool, event saga.Event) bool {
	open, begun, is := p.open()
	if begins {
		next, left := p.next()
		return !is && left && next == id && !p.parked() && number == p.attempts(id)+1
	}
	if e, success := event.(saga.StepCompleted); success && e.Late {
		return !p.succeeded(id.step) && number >= 1 && number <= p.attempts(id)
	}
	return is && open == id && begun.Attempt == number
}
