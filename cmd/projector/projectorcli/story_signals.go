package projectorcli

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/skaldgo/skald/saga"
)

// signalView is a signal that a saga has been handed.
type signalView struct {
	At      time.Time       `json:"at"`
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Actor   string          `json:"actor,omitempty"`
	Payload json.RawMessage `json:"payload"`
	// Step is the one whose wait it has ended, "" while there is none.
	Step string `json:"step,omitempty"`
}

// addSignal folds what concerns signals and the deadline of the saga, and reports whether the event did.
func (s *story) addSignal(at time.Time, event saga.Event) bool {
	switch e := event.(type) {
	case saga.SignalReceived:
		payload := e.Payload
		if payload == nil {
			payload = json.RawMessage("null")
		}
		s.Signals = append(s.Signals, &signalView{At: at, ID: e.ID, Name: e.Name, Actor: e.Actor, Payload: payload})
	case saga.SagaOverdue:
		s.OverdueAt = &at
	case saga.DeadlineExtended:
		s.OverdueAt = nil // a deadline that had passed has not any more
		return false
	case saga.StepGivenUp:
		s.GivenUp = e.Step
	case saga.StepCompleted:
		for _, signal := range s.Signals {
			if e.Signal != "" && signal.ID == e.Signal {
				signal.Step = e.Step
			}
		}
		return false
	default:
		return false
	}
	return true
}

// stopWaiting ends the waits of a saga that turns round.
func (s *story) stopWaiting(at time.Time) {
	for _, step := range s.Steps {
		if a := last(step.Attempts); step.Signal != "" && a != nil && a.EndedAt == nil {
			a.EndedAt, a.Outcome = &at, outcomeNoMore
		}
	}
}

// linesOfSignals tells of the saga's deadline, its signals, and the branch that was given up.
func (s *story) linesOfSignals(line func(what, format string, args ...any)) {
	if !s.Deadline.IsZero() {
		line("deadline", "%s", instant(s.Deadline))
	}
	if s.OverdueAt != nil {
		line("overdue", "since %s", instant(*s.OverdueAt))
	}
	if s.GivenUp != "" && s.State != saga.StateCompensating && !s.State.Ended() {
		line("given up", "%s; the saga turns round when no attempt is open", s.GivenUp)
	}
	for _, signal := range s.Signals {
		line("signal", "%s, id %s at %s by %s for %s: %s",
			signal.Name, signal.ID, instant(signal.At), orDash(signal.Actor), orDash(signal.Step), signal.Payload)
	}
}

// what is the kind of a step, with the group that it is a branch of and the signal that it waits for.
func (s *stepView) what() string {
	kind := s.Kind.String()
	if s.Signal != "" {
		kind += " " + s.Signal
	}
	if s.Group != "" {
		kind += ", in " + s.Group
	}
	return kind
}

// together makes one of all that a saga waits for at once: the first that comes lets it go on.
func together(waits []*waitView) *waitView {
	if len(waits) == 1 {
		return waits[0]
	}
	var all waitView
	var names, reasons []string
	for _, w := range waits {
		names, reasons = append(names, w.For), append(reasons, w.Because)
		if w.Until != nil && (all.Until == nil || w.Until.Before(*all.Until)) {
			all.Until = w.Until
		}
	}
	all.For, all.Because = strings.Join(names, "; "), strings.Join(reasons, "; ")
	return &all
}
