package sagatest

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// Happening is something that happens to a saga in a sentence that begins with [Given]. Make it with Step, Signalled, Passes, Restarted,
// Cancelled, Paused, Resumed, Redriven, Resolved, Skipped, Command or Events.
type Happening []incident

type incident struct {
	words   string
	command func(*Situation) (saga.Command, error)
	events  []saga.Event // in place of a command
}

// Step is how attempts of a step end, one after the other: the one that is open, or the one that is due next, for which
// the clock moves on. Whether it is the action or the compensation follows from where the saga stands.
func Step(step string, answers ...Answer) Happening {
	var list Happening
	for _, a := range spread(answers) {
		if a.kind == answerSucceedsLate {
			list = append(list, outcomeOfStep(step, TimesOut(), a.fault, false))
			list = append(list, lateOutcome(step, a))
			continue
		}
		list = append(list, outcomeOfStep(step, a, nil, true))
	}
	return list
}

// everyBranch is more slots than a group has branches: a worker is always free.
const everyBranch = 1 << 20

// Signalled is a signal that comes for the saga, with an id of its own. payload must encode as JSON.
func Signalled(name string, payload any) Happening {
	return Happening{{words: "the signal " + name + " comes", command: func(s *Situation) (saga.Command, error) {
		encoded, err := json.Marshal(payload)
		return saga.DeliverSignal{
			Now: s.now, ID: fmt.Sprintf("signal-%d", len(s.events)), Name: name, Payload: encoded, Actor: "sender",
		}, err
	}}}
}

// Passes is time that passes: waits whose limit is over by then lapse, and the deadline of the saga is noticed.
func Passes(d time.Duration) Happening {
	return Happening{{words: d.String() + " pass", command: func(s *Situation) (saga.Command, error) {
		s.now = s.now.Add(d)
		return saga.Attend{Now: s.now}, nil
	}}}
}

// Restarted is a restart of the orchestrator: an open attempt is taken over as interrupted, or as timed out when its
// deadline has passed.
func Restarted() Happening {
	return Happening{{words: "the orchestrator restarts", command: func(s *Situation) (saga.Command, error) {
		return saga.Recover{Now: s.now, Go: true, Spare: everyBranch}, nil
	}}}
}

// Cancelled is an operator who wants the saga undone.
func Cancelled() Happening {
	return Happening{{words: "an operator cancels it", command: func(*Situation) (saga.Command, error) {
		return saga.Cancel{Actor: "operator", Reason: "not wanted", SeenRevision: saga.NotSeen}, nil
	}}}
}

// Paused is an operator who has the saga stand still.
func Paused() Happening {
	return Happening{{words: "an operator pauses it", command: func(*Situation) (saga.Command, error) {
		return saga.Pause{Actor: "operator", Reason: "to be looked at", SeenRevision: saga.NotSeen}, nil
	}}}
}

// Resumed is an operator who lets the paused saga go on.
func Resumed() Happening {
	return Happening{{words: "an operator resumes it", command: func(*Situation) (saga.Command, error) {
		return saga.Resume{Actor: "operator", Reason: "looked at", SeenRevision: saga.NotSeen}, nil
	}}}
}

// Redriven is an operator who lets the parked saga go on.
func Redriven() Happening {
	return Happening{{words: "an operator redrives it", command: func(s *Situation) (saga.Command, error) {
		return saga.Redrive{
			Actor: "operator", Reason: "the cause is removed", SeenRevision: int64(len(s.events)) - 1,
		}, nil
	}}}
}

// Resolved is an operator who says that the action is completed at which the saga is parked, with a result that must encode as
// JSON; or that the compensation is done, of which there is no result.
func Resolved(result any) Happening {
	return Happening{{words: "an operator resolves it", command: func(s *Situation) (saga.Command, error) {
		parked, _ := s.instance().Parked()
		resolve := saga.Resolve{
			Step: parked.Step, Direction: parked.Direction, Actor: "operator", Reason: "the participant was asked",
			SeenRevision: int64(len(s.events)) - 1,
		}
		if parked.Direction == saga.Compensation {
			resolve.Evidence = "the participant said so"
			return resolve, nil
		}
		encoded, err := json.Marshal(result)
		resolve.Result = encoded
		return resolve, err
	}}}
}

// Skipped is an operator who has the saga pass over a step at which it stands.
func Skipped(step string) Happening {
	return Happening{{words: "an operator skips " + step, command: func(s *Situation) (saga.Command, error) {
		return saga.Skip{Step: step, Actor: "operator", Reason: "not needed", SeenRevision: int64(len(s.events)) - 1}, nil
	}}}
}

// Command is a command as an instance takes it, for what the other happenings do not say.
func Command(c saga.Command) Happening {
	return Happening{{words: fmt.Sprintf("%T", c), command: func(*Situation) (saga.Command, error) { return c, nil }}}
}

// Events are events that have happened, as they would stand in the log. They can only stand in After: nothing is decided
// on what has happened already.
func Events(events ...saga.Event) Happening {
	return Happening{{
		words:  "events that have happened",
		events: append([]saga.Event{}, events...),
		command: func(*Situation) (saga.Command, error) {
			return nil, errors.New("Events have been decided already; put them into After")
		},
	}}
}

func outcomeOfStep(step string, a Answer, fault error, mayStart bool) incident {
	return incident{words: step + " " + a.String(), command: func(s *Situation) (saga.Command, error) {
		if err := s.open(step); err != nil {
			return nil, errors.Join(fault, err)
		}
		d, track, _ := s.attempt(step)
		if err := errors.Join(fault, a.check(d)); err != nil {
			return nil, err
		}
		if a.kind == answerTimesOut {
			s.now = track.Deadline
		}
		return saga.RecordOutcome{
			Now: s.now, Step: step, Direction: d, Attempt: track.Attempts, Outcome: a.outcome(d), Go: mayStart,
			Spare: everyBranch,
		}, nil
	}}
}

// lateOutcome is the news that the last attempt of an action, which was given up, has succeeded.
func lateOutcome(step string, a Answer) incident {
	return incident{words: step + " " + a.String(), command: func(s *Situation) (saga.Command, error) {
		for _, status := range s.instance().Steps() {
			if status.Name == step {
				s.now = status.Action.Deadline.Add(a.by)
				return saga.RecordOutcome{
					Now: s.now, Step: step, Attempt: status.Action.Attempts, Outcome: a.outcome(saga.Action), Go: true,
				}, a.check(saga.Action)
			}
		}
		return nil, fmt.Errorf("the plan has no step %q", step)
	}}
}

// attempt returns the open attempt of a step.
func (s *Situation) attempt(step string) (d saga.Direction, track saga.TrackStatus, open bool) {
	for _, status := range s.instance().Steps() {
		switch {
		case status.Name != step:
		case status.Action.Open:
			return saga.Action, status.Action, true
		case status.Compensation.Open:
			return saga.Compensation, status.Compensation, true
		}
	}
	return saga.Action, saga.TrackStatus{}, false
}

// open makes sure that an attempt of a step is open: one that is due next is started, when its instant has come.
func (s *Situation) open(step string) error {
	if _, _, open := s.attempt(step); open {
		return nil
	}
	then := *s
	for _, status := range s.instance().Steps() {
		for _, due := range []time.Time{status.Action.Due, status.Compensation.Due} {
			if status.Name == step && due.After(then.now) {
				then.now = due
			}
		}
	}
	events, err := s.instance().Decide(saga.Proceed{Now: then.now, Spare: everyBranch})
	if err != nil {
		return err
	}
	then = then.with(events)
	if _, _, open := then.attempt(step); open {
		*s = then
		return nil
	}
	return fmt.Errorf("no attempt of %s is open, and none is due: %s", step, s.stand())
}

// stand tells where the saga stands.
func (s *Situation) stand() string {
	inst := s.instance()
	if p, is := inst.Parked(); is {
		return fmt.Sprintf("the saga is parked at the %s of %s (%s)", p.Direction, p.Step, p.Reason)
	}
	for _, status := range inst.Steps() {
		for _, d := range []saga.Direction{saga.Action, saga.Compensation} {
			if track := trackOf(status, d); track.Open {
				return fmt.Sprintf("attempt %d of the %s of %s is", track.Attempts, d, status.Name)
			}
		}
	}
	return fmt.Sprintf("the saga is %s", inst.State())
}
