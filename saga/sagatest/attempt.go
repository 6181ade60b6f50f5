package sagatest

import (
	"context"
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// run lets an attempt meet its fate.
func (n *node) run(a saga.RunAttempt) {
	w, fate := n.w, n.w.inject.attempt(a)
	w.calls++
	length := max(a.Deadline.Sub(n.clock()), 0)
	what := fmt.Sprintf("%s%s of %s, attempt %d", w.about(a.Ref), a.Direction, a.Step, a.Attempt)
	end := func(after time.Duration, outcome saga.Outcome) {
		w.after(after, func() { n.ended(a, outcome) })
	}
	switch fate.kind {
	case PermanentError:
		w.say(n.String(), "participant", what+" ✗ refuses for good")
		end(fate.takes, saga.Outcome{Kind: saga.FailedPermanently, Error: "sagatest: refused"})
	case TransientError:
		w.say(n.String(), "participant", what+" ✗ no connection")
		end(fate.takes, saga.Outcome{Kind: saga.FailedTransiently, Error: "sagatest: no connection"})
	case Panic:
		w.say(n.String(), "participant", what+" ✗ panics")
		end(fate.takes, saga.Outcome{
			Kind: saga.FailedTransiently, Error: "panic: sagatest", Stack: "goroutine 1 [running]: sagatest",
		})
	case Timeout:
		w.say(n.String(), "participant", what+" ✗ no answer")
		n.untilCancelled(a, length)
	case DoneButTimedOut:
		n.perform(a, what+", and ✗ the answer is lost")
		n.untilCancelled(a, length)
	case Stop:
		n.perform(a, what)
		n.untilCancelled(a, length)
		w.after(0, n.stop)
	case LateSuccess:
		outcome := n.perform(a, what+", and ✗ the answer is late")
		end(length+max(length/2, time.Millisecond), outcome)
	case StillRunning:
		outcome := n.perform(a, what+", and ✗ it goes on and on")
		end(2*length+max(length/2, time.Millisecond), outcome)
	case LateEffect:
		w.say(n.String(), "participant", what+" ✗ is delayed")
		w.after(length+max(length/2, time.Millisecond), func() { n.ended(a, n.perform(a, what+", ✗ late")) })
	default:
		if fate.atEnd {
			w.after(fate.takes, func() { n.ended(a, n.perform(a, what)) })
			return
		}
		end(fate.takes, n.perform(a, what))
	}
}

// untilCancelled is an attempt that ends when its context does: by its deadline, or because the orchestrator stops.
func (n *node) untilCancelled(a saga.RunAttempt, length time.Duration) {
	over := false
	end := func(outcome saga.Outcome) {
		if !over {
			over = true
			n.ended(a, outcome)
		}
	}
	n.w.after(length+time.Millisecond, func() { end(timedOut) })
	n.cancels = append(n.cancels, func() {
		end(saga.Outcome{Kind: saga.FailedTransiently, Error: context.Canceled.Error()})
	})
}

var timedOut = saga.Outcome{Kind: saga.FailedTransiently, Error: context.DeadlineExceeded.Error()}

// perform calls the function of the attempt. What an orchestrator has asked for happens even when it is gone by then.
func (n *node) perform(a saga.RunAttempt, what string) (outcome saga.Outcome) {
	a.Perform(deadline{a.Deadline}, func(o saga.Outcome) { outcome = o })
	answer := "done"
	switch outcome.Kind {
	case saga.Succeeded:
	case saga.SucceededWithNothing:
		answer = "nothing to undo"
	default:
		answer = outcome.Error
	}
	n.w.say(n.String(), "participant", what+": "+answer)
	return outcome
}

// ended tells the engine how an attempt has ended.
func (n *node) ended(a saga.RunAttempt, outcome saga.Outcome) {
	n.handle(saga.AttemptEnded{
		Ref: a.Ref, Step: a.Step, Direction: a.Direction, Attempt: a.Attempt, Outcome: outcome,
		Jitter: n.w.inject.jitter(),
	})
}

// deadline is a context that knows when it would end, and never does: nothing that runs in it takes time.
type deadline struct{ at time.Time }

// Deadline returns that of the attempt.
func (d deadline) Deadline() (time.Time, bool) { return d.at, true }

// Done returns nil: it never ends.
func (d deadline) Done() <-chan struct{} { return nil }

// Err returns nil: it has not ended.
func (d deadline) Err() error { return nil }

// Value returns nil: it carries nothing.
func (d deadline) Value(any) any { return nil }
