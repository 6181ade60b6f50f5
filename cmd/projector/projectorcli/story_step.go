package projectorcli

import (
	"encoding/json"
	"time"

	"github.com/skaldgo/skald/saga"
)

// stepView is one step with all its attempts.
type stepView struct {
	Name          string          `json:"name"`
	Kind          saga.Kind       `json:"kind"`
	Group         string          `json:"group,omitempty"`
	Signal        string          `json:"signal,omitempty"` // that it waits for
	State         saga.StepState  `json:"state"`
	Result        json.RawMessage `json:"result,omitempty"`
	Attempts      []*attemptView  `json:"attempts,omitempty"`
	Compensations []*attemptView  `json:"compensation_attempts,omitempty"`

	child saga.Ref // that it has asked for last
}

// attemptView is one attempt of an action or compensation.
type attemptView struct {
	Attempt   int        `json:"attempt"`
	StartedAt time.Time  `json:"started_at"`
	Deadline  time.Time  `json:"deadline,omitzero"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	Outcome   string     `json:"outcome"`
	Error     string     `json:"error,omitempty"`
	Stack     string     `json:"stack,omitempty"`
	Late      bool       `json:"late,omitempty"`
	Probe     string     `json:"probe,omitempty"`
	NextDue   *time.Time `json:"next_attempt_due,omitempty"`
}

// The outcomes of an attempt.
const (
	outcomeRunning     = "running"
	outcomeWaiting     = "waiting"
	outcomeDefault     = "default"
	outcomeNoMore      = "no longer waited for"
	outcomeSucceeded   = "succeeded"
	outcomeNothing     = "nothing to undo"
	outcomeFailed      = "failed"
	outcomePermanent   = "failed permanently"
	outcomeTimedOut    = "timed out"
	outcomeInterrupted = "interrupted"
)

// stepOf returns the step that an event of an attempt is about, "" for other events.
func stepOf(event saga.Event) string {
	switch e := event.(type) {
	case saga.StepStarted:
		return e.Step
	case saga.StepCompleted:
		return e.Step
	case saga.StepFailed:
		return e.Step
	case saga.StepTimedOut:
		return e.Step
	case saga.StepInterrupted:
		return e.Step
	case saga.StepRetryScheduled:
		return e.Step
	case saga.CompensationStarted:
		return e.Step
	case saga.CompensationCompleted:
		return e.Step
	case saga.CompensationFailed:
		return e.Step
	case saga.CompensationTimedOut:
		return e.Step
	case saga.CompensationInterrupted:
		return e.Step
	case saga.CompensationRetryScheduled:
		return e.Step
	}
	return ""
}

// add folds one event of an attempt.
func (s *stepView) add(at time.Time, event saga.Event) {
	switch e := event.(type) {
	case saga.StepStarted:
		a := begun(at, e.AttemptStarted)
		if s.Signal != "" {
			a.Outcome = outcomeWaiting
		}
		if e.Probe != saga.NoProbe {
			a.Probe = e.Probe.String()
		}
		s.Attempts = append(s.Attempts, a)
	case saga.StepCompleted:
		if a := ended(s.Attempts, e.Attempt, at, outcomeSucceeded, saga.AttemptFailed{}); a != nil {
			a.Late = e.Late
			switch {
			case e.Signal != "":
				a.Outcome = "signal " + e.Signal
			case e.Lapsed:
				a.Outcome = outcomeDefault
			}
		}
	case saga.StepFailed:
		ended(s.Attempts, e.Attempt, at, failedAs(e.Permanent), e.AttemptFailed)
	case saga.StepTimedOut:
		ended(s.Attempts, e.Attempt, at, outcomeTimedOut, saga.AttemptFailed{})
	case saga.StepInterrupted:
		ended(s.Attempts, e.Attempt, at, outcomeInterrupted, saga.AttemptFailed{})
	case saga.StepRetryScheduled:
		scheduled(s.Attempts, e.RetryScheduled)
	case saga.CompensationStarted:
		s.Compensations = append(s.Compensations, begun(at, e.AttemptStarted))
	case saga.CompensationCompleted:
		outcome := outcomeSucceeded
		if e.Nothing {
			outcome = outcomeNothing
		}
		ended(s.Compensations, e.Attempt, at, outcome, saga.AttemptFailed{})
	case saga.CompensationFailed:
		ended(s.Compensations, e.Attempt, at, failedAs(e.Permanent), e.AttemptFailed)
	case saga.CompensationTimedOut:
		ended(s.Compensations, e.Attempt, at, outcomeTimedOut, saga.AttemptFailed{})
	case saga.CompensationInterrupted:
		ended(s.Compensations, e.Attempt, at, outcomeInterrupted, saga.AttemptFailed{})
	case saga.CompensationRetryScheduled:
		scheduled(s.Compensations, e.RetryScheduled)
	}
}

func begun(at time.Time, e saga.AttemptStarted) *attemptView {
	return &attemptView{Attempt: e.Attempt, StartedAt: at, Deadline: e.Deadline, Outcome: outcomeRunning}
}

// ended closes an attempt, and returns nil when there is none of that number.
func ended(attempts []*attemptView, number int, at time.Time, outcome string, why saga.AttemptFailed) *attemptView {
	for _, a := range attempts {
		if a.Attempt == number {
			a.EndedAt, a.Outcome, a.Error, a.Stack = &at, outcome, why.Error, why.Stack
			return a
		}
	}
	return nil
}

func scheduled(attempts []*attemptView, e saga.RetryScheduled) {
	if a := last(attempts); a != nil {
		a.NextDue = &e.Due
	}
}

func last(attempts []*attemptView) *attemptView {
	if len(attempts) == 0 {
		return nil
	}
	return attempts[len(attempts)-1]
}

func failedAs(permanent bool) string {
	if permanent {
		return outcomePermanent
	}
	return outcomeFailed
}
