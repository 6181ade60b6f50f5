package sagatest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// attempt is one that an orchestrator has under way.
type attempt struct {
	saga.RunAttempt
	n     *node
	at    point
	ended bool
	heeds bool // it ends when its context does
}

// run lets an attempt meet its fate.
func (n *node) run(r saga.RunAttempt) {
	w := n.w
	a := &attempt{RunAttempt: r, n: n, at: point{
		of: ofAttempt, saga: w.byRef[r.Ref].number, step: r.Step, dir: r.Direction, attempt: r.Attempt,
	}}
	w.beside(a)
	n.attempts = append(n.attempts, a)
	w.calls++
	fate := w.inject.attempt(&a.at)
	length := min(n.hand.until(r.Deadline, w.now), r.Timeout)
	switch fate.kind {
	case PermanentError:
		a.fails(fate.takes, "refuses for good", saga.Outcome{Kind: saga.FailedPermanently, Error: "sagatest: refused"})
	case TransientError:
		a.fails(fate.takes, "no connection", saga.Outcome{Kind: saga.FailedTransiently, Error: "sagatest: no connection"})
	case Panic:
		a.fails(fate.takes, "panics", saga.Outcome{
			Kind: saga.FailedTransiently, Error: "panic: sagatest", Stack: "goroutine 1 [running]: sagatest",
		})
	case Timeout:
		a.heeds = true
		a.fails(length+time.Millisecond, "no answer", timedOut)
	case DoneButTimedOut:
		a.heeds = true
		a.perform(", and ✗ the answer is lost")
		a.ends(length+time.Millisecond, timedOut)
	case Stop:
		a.heeds = true
		a.perform("")
		a.ends(length+time.Millisecond, timedOut)
		w.after(0, func() { n.stop(saga.DefaultShutdownGrace) })
	case LateSuccess:
		a.ends(length+max(length/2, time.Millisecond), a.perform(", and ✗ the answer is late"))
	case StillRunning:
		a.ends(2*length+max(length/2, time.Millisecond), a.perform(", and ✗ it goes on and on"))
	case LateEffect:
		w.say(n.name, "participant", a.what()+" ✗ is delayed")
		w.after(length+max(length/2, time.Millisecond), func() { a.end(a.perform(", ✗ late")) })
	case faultVeryLate:
		a.ends(2*length+fate.again, a.perform(", and ✗ the answer is very late"))
	case faultSlow:
		a.heeds = fate.atEnd
		a.meets(fate)
	case faultRequestTwice:
		w.after(fate.again, func() { a.perform(", ✗ which it hears of twice") })
		a.meets(fate)
	case faultAnswerTwice:
		a.meets(fate)
		w.after(fate.takes+fate.again, func() { n.hear(a, saga.Outcome{Kind: saga.FailedTransiently, Error: "twice"}) })
	default:
		a.meets(fate)
	}
}

var timedOut = saga.Outcome{Kind: saga.FailedTransiently, Error: context.DeadlineExceeded.Error()}

// meets lets an attempt with which nothing is wrong reach the participant, at its beginning or at its end.
func (a *attempt) meets(f fate) {
	if f.atEnd {
		a.n.w.after(f.takes, func() { a.end(a.perform("")) })
		return
	}
	a.ends(f.takes, a.perform(""))
}

// fails ends the attempt without the participant.
func (a *attempt) fails(after time.Duration, how string, outcome saga.Outcome) {
	if a.n.w.chart != nil {
		a.n.w.say(a.n.name, "participant", a.what()+" ✗ "+how)
	}
	a.ends(after, outcome)
}

// perform calls the function of the attempt. What an orchestrator has asked for happens even when it is gone by then.
func (a *attempt) perform(note string) (outcome saga.Outcome) {
	a.Perform(deadline{a.Deadline}, func(o saga.Outcome) { outcome = o })
	if a.n.w.chart == nil {
		return outcome
	}
	answer := "done"
	switch outcome.Kind {
	case saga.Succeeded:
	case saga.SucceededWithNothing:
		answer = "nothing to undo"
	default:
		answer = outcome.Error
	}
	a.n.w.say(a.n.name, "participant", a.what()+note+": "+answer)
	return outcome
}

func (a *attempt) what() string {
	return fmt.Sprintf("%s%s of %s, attempt %d", a.n.w.about(a.Ref), a.Direction, a.Step, a.RunAttempt.Attempt)
}

func (a *attempt) ends(after time.Duration, outcome saga.Outcome) {
	a.n.w.after(after, func() { a.end(outcome) })
}

// end tells the engine how the attempt has ended, unless it has ended already.
func (a *attempt) end(outcome saga.Outcome) {
	if a.ended {
		return
	}
	a.ended = true
	if i := slices.Index(a.n.attempts, a); i >= 0 {
		a.n.attempts = slices.Delete(a.n.attempts, i, i+1)
	}
	a.n.hear(a, outcome)
}

func (n *node) hear(a *attempt, outcome saga.Outcome) {
	n.handle(saga.AttemptEnded{
		Ref: a.Ref, Step: a.Step, Direction: a.Direction, Attempt: a.RunAttempt.Attempt, Outcome: outcome,
		Jitter: n.w.inject.jitter(&a.at),
	})
}

// cancelAttempts ends the contexts of all attempts, and by that the attempts.
func (n *node) cancelAttempts() {
	for _, a := range slices.Clone(n.attempts) {
		a.cancel()
	}
}

// cancelAttempt ends the context of one.
func (n *node) cancelAttempt(e saga.CancelAttempt) {
	for _, a := range slices.Clone(n.attempts) {
		if a.Ref == e.Ref && a.Step == e.Step && a.Direction == e.Direction && a.RunAttempt.Attempt == e.Attempt {
			a.cancel()
		}
	}
}

func (a *attempt) cancel() {
	if a.heeds {
		a.ends(0, saga.Outcome{Kind: saga.FailedTransiently, Error: context.Canceled.Error()})
	}
}

// beside counts an attempt that begins while another orchestrator has one of the same step and direction under way.
func (w *world) beside(a *attempt) {
	for _, n := range w.nodes {
		for _, other := range n.attempts {
			if !n.dead && other.Ref == a.Ref && other.Step == a.Step && other.Direction == a.Direction {
				w.doubles++
			}
		}
	}
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
