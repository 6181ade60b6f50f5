package saga_test

import "github.com/skaldgo/skald/saga"

// paused reports whether an operator has the saga stand still: a resume and a cancellation end that.
func (p past) paused() bool {
	_, paused := last(p, anyOf[saga.SagaPaused])
	_, resumed := last(p, anyOf[saga.SagaResumed])
	_, cancelled := last(p, anyOf[saga.SagaCancelRequested])
	return paused > max(resumed, cancelled) && !p.ended()
}

// halted reports whether nothing may begin before a person has done something.
func (p past) halted() bool { return p.parked() || p.paused() }
