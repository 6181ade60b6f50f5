package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"slices"

	"github.com/skaldgo/skald/saga"
)

// signalHistory is what is kept of a signal.
type signalHistory struct {
	id, name string
	payload  [32]byte
	used     bool
}

// digest is that of JSON without white space; nothing is null.
func digest(raw json.RawMessage) [32]byte {
	var compact bytes.Buffer
	if len(raw) == 0 || json.Compact(&compact, raw) != nil {
		return sha256.Sum256([]byte("null"))
	}
	return sha256.Sum256(compact.Bytes())
}

// waits reports whether a step waits for a signal.
func (d *definition) waits(i int) bool { return d.anyWaits && d.plan.Steps[i].Await != nil }

// checkWait demands that only a step which waits says for what.
func (d *definition) checkWait(s *saga.PlannedStep) {
	switch {
	case (s.Kind == saga.KindAwait) != (s.Await != nil):
		d.fault("step %s is %s, and that does not go with what it waits for", s.Name, s.Kind)
	case s.Await == nil:
		return
	case s.Await.Signal == "", s.Await.Default != nil && s.Action.TimeoutMS == 0:
		d.fault("step %s waits for no signal, or has a default that it never comes to", s.Name)
	}
	d.anyWaits = d.anyWaits || s.Await != nil
}

// attention returns the step that has to begin or to end its wait now, or -1.
func (h *history) attention() int {
	if !h.def.anyWaits || h.halted() || h.turned {
		return -1
	}
	for i, s := h.stage().from, h.stage(); i < s.to; i++ {
		if h.steps[i].passed() || !h.def.waits(i) {
			continue
		}
		begins := !h.steps[i].action.open && !h.turning() && !h.steps[i].action.due.After(h.fact.at)
		if begins || h.steps[i].action.open && (h.lapsed(i) || h.unused(i) != nil) {
			return i
		}
	}
	return -1
}

// lapsed reports whether the deadline of a wait has passed.
func (h *history) lapsed(i int) bool {
	deadline := h.steps[i].action.deadline
	return !deadline.IsZero() && !h.fact.at.Before(deadline)
}

// unused returns the first signal for a step that has ended no wait, nil when there is none.
func (h *history) unused(i int) *signalHistory {
	for j := range h.signals {
		if s := &h.signals[j]; !s.used && s.name == h.def.plan.Steps[i].Await.Signal {
			return s
		}
	}
	return nil
}

// signalReceived looks at a SignalReceived: it is new, and some step waits for it, now or later.
func (h *history) signalReceived() {
	var e saga.SignalReceived
	if err := json.Unmarshal(h.fact.data, &e); err != nil {
		h.broken(ruleReadable, "It cannot be decoded: %v.", err)
		return
	}
	again := slices.ContainsFunc(h.signals, func(s signalHistory) bool { return s.id == e.ID })
	h.want(e.ID != "", ruleSignal, "A signal has no id.")
	h.want(len(e.Payload) > 0, ruleSignal, "Signal %q brings nothing, not even null.", e.ID)
	h.want(!again, ruleSignal, "Signal %q was received before.", e.ID)
	awaited := slices.ContainsFunc(h.def.plan.Steps, func(s saga.PlannedStep) bool {
		return s.Await != nil && s.Await.Signal == e.Name
	})
	h.want(awaited, ruleSignal, "No step waits for a signal %q.", e.Name)
	h.signals = append(h.signals, signalHistory{id: e.ID, name: e.Name, payload: digest(e.Payload)})
	h.goesOn()
}

// checkWaited looks at how the success of a step came about: that of a wait is what a signal brought, or its default.
func (h *history) checkWaited(i int, owed debt) {
	f := h.fact
	if !h.def.waits(i) {
		h.want(f.Signal == "" && !f.Lapsed, ruleSignal, "Step %s does not wait, and a signal or a deadline ends it.", f.Step)
		return
	}
	h.checkLate(owed)
	var e struct {
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(f.data, &e); err != nil {
		h.broken(ruleReadable, "It cannot be decoded: %v.", err)
		return
	}
	next, planned := h.unused(i), h.def.plan.Steps[i].Await
	switch {
	case f.Late || (f.Signal != "") == f.Lapsed:
		h.broken(ruleSignal, "It takes one signal, or the deadline, to end the wait of %s.", f.Step)
	case h.attention() != i:
		h.broken(ruleSignal, "Nothing ends the wait of %s.", f.Step)
	case f.Lapsed:
		h.want(next == nil && planned.Default != nil && digest(e.Result) == digest(planned.Default), ruleSignal,
			"Step %s ends without a signal, with what is not its default.", f.Step)
	case next == nil || next.id != f.Signal || next.payload != digest(e.Result):
		h.broken(ruleSignal, "Signal %q did not come, ended another wait, or brought something else.", f.Signal)
	}
	for j := range h.signals {
		if h.signals[j].id == f.Signal {
			h.signals[j].used = true
		}
	}
}

// checkLapse looks at a wait that fails: its deadline has passed, no signal came, and there is no default.
func (h *history) checkLapse(i int) {
	fails := h.attention() == i && h.lapsed(i) && h.unused(i) == nil && h.def.plan.Steps[i].Await.Default == nil
	h.want(fails, ruleSignal, "The wait of %s does not fail here.", h.fact.Step)
}

// stopWaiting ends the open waits of a saga that turns round.
func (h *history) stopWaiting() {
	if !h.def.anyWaits {
		return
	}
	for i := range h.steps {
		if h.def.waits(i) {
			h.steps[i].action.open = false
		}
	}
}
