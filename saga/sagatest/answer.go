package sagatest

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// Answer is how one attempt ends: what a [Recorder] does when it is called, and what [Step] says has happened. Make it
// with Succeeds, FindsNothing, Refuses, Fails, Panics, TimesOut or SucceedsLate.
type Answer struct {
	kind   answerKind
	result json.RawMessage
	why    string
	by     time.Duration // behind the deadline
	times  int
	fault  error // of the answer itself
}

type answerKind uint8

const (
	answerSucceeds answerKind = iota
	answerFindsNothing
	answerRefuses
	answerFails
	answerPanics
	answerTimesOut
	answerSucceedsLate
)

// Succeeds is a success with a result, which must survive a round trip through JSON; that of a compensation is nobody's.
func Succeeds(result any) Answer {
	encoded, err := json.Marshal(result)
	if err != nil {
		err = fmt.Errorf("the result of Succeeds or SucceedsLate: %w", err)
	}
	return Answer{kind: answerSucceeds, result: encoded, fault: err}
}

// FindsNothing is the success of a compensation that finds nothing to undo.
func FindsNothing() Answer { return Answer{kind: answerFindsNothing} }

// Refuses is a permanent error: it certainly did not happen, and no retry will help.
func Refuses(why string) Answer { return Answer{kind: answerRefuses, why: why} }

// Fails is an error that may be retried, after which the outcome is unknown.
func Fails(why string) Answer { return Answer{kind: answerFails, why: why} }

// Panics is a panic of the function, after which the outcome is unknown.
func Panics(why string) Answer { return Answer{kind: answerPanics, why: why} }

// TimesOut is no answer at all by the deadline, after which the outcome is unknown.
func TimesOut() Answer { return Answer{kind: answerTimesOut} }

// SucceedsLate is a success that comes so long after the deadline, when the attempt has been given up.
func SucceedsLate(result any, by time.Duration) Answer {
	late := Succeeds(result)
	late.kind, late.by = answerSucceedsLate, by
	return late
}

// Times is the answer n times in a row.
func (a Answer) Times(n int) Answer {
	a.times = n
	return a
}

// spread returns one answer for each attempt.
func spread(answers []Answer) []Answer {
	var list []Answer
	for _, a := range answers {
		n := max(a.times, 1)
		a.times = 0
		for range n {
			list = append(list, a)
		}
	}
	return list
}

func (a Answer) String() string {
	switch a.kind {
	case answerSucceeds:
		return fmt.Sprintf("succeeds (%s)", a.result)
	case answerFindsNothing:
		return "finds nothing to undo"
	case answerRefuses:
		return fmt.Sprintf("refuses for good (%s)", a.why)
	case answerFails:
		return fmt.Sprintf("fails (%s)", a.why)
	case answerPanics:
		return fmt.Sprintf("panics (%s)", a.why)
	case answerTimesOut:
		return "times out"
	case answerSucceedsLate:
		return fmt.Sprintf("succeeds %s too late (%s)", a.by, a.result)
	}
	return "does what nobody knows"
}

// outcome is how the attempt ends, as an instance is told.
func (a Answer) outcome(d saga.Direction) saga.Outcome {
	switch a.kind {
	case answerFindsNothing:
		return saga.Outcome{Kind: saga.SucceededWithNothing}
	case answerRefuses:
		return saga.Outcome{Kind: saga.FailedPermanently, Error: a.why}
	case answerFails:
		return saga.Outcome{Kind: saga.FailedTransiently, Error: a.why}
	case answerPanics:
		return saga.Outcome{
			Kind: saga.FailedTransiently, Error: "panic: " + a.why, Stack: "goroutine 1 [running]: sagatest",
		}
	case answerTimesOut:
		return saga.Outcome{Kind: saga.TimedOut}
	case answerSucceeds, answerSucceedsLate:
	}
	if d == saga.Compensation {
		return saga.Outcome{Kind: saga.Succeeded}
	}
	return saga.Outcome{Kind: saga.Succeeded, Result: a.result}
}

// check tells what is wrong with the answer itself.
func (a Answer) check(d saga.Direction) error {
	switch {
	case a.fault != nil:
		return a.fault
	case a.kind == answerFindsNothing && d == saga.Action:
		return errors.New("FindsNothing is the answer of a compensation, and this is an action")
	case a.kind == answerSucceedsLate && a.by <= 0:
		return fmt.Errorf("SucceedsLate comes %s after the deadline; it must be later than that", a.by)
	}
	return nil
}
