package verify

// pausedBy looks at a SagaPaused: from then on nothing begins.
func (h *history) pausedBy() {
	h.want(!h.paused, ruleParked, "It is paused and was paused before.")
	h.signed()
	h.paused = true
}

// resumed looks at a SagaResumed.
func (h *history) resumed() {
	h.want(h.paused, ruleParked, "It is resumed and was not paused.")
	h.signed()
	h.paused = false
	h.permitAll()
}

// halted reports whether nothing may begin before a person has done something.
func (h *history) halted() bool { return h.parked || h.paused }

// permitAll lets every step have its next attempt: an outcome that came while a person was waited for, or while the saga was to
// turn round and then was not, has its consequence only now.
func (h *history) permitAll() {
	for j := range h.steps {
		h.steps[j].action.permit, h.steps[j].undo.permit = true, true
	}
}
