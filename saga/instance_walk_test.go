package saga_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// Whatever happens to a saga, its history keeps every rule, and once its steps succeed and its operator redrives it, it
// ends.
func TestEveryWalkKeepsTheRulesAndEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWalk(t)
		w.wander(func() {
			checkRules(t, w.at, w.events)
			w.requireNoOrphan()
		})
		w.finish(func() { checkRules(t, w.at, w.events) })
	})
}

// walk is a tale in which anything may happen next.
type walk struct {
	T *rapid.T
	*tale
	lost map[trackID][]int // attempts that were given up, and may have succeeded all the same
}

// newWalk begins a walk of a saga of any definition.
func newWalk(t *rapid.T) *walk {
	return &walk{T: t, tale: begin(t, walktest.Definition(t, "Walk")), lost: map[trackID][]int{}}
}

// wander lets anything happen, for a while or until the saga has ended.
func (w *walk) wander(after func()) {
	for range rapid.IntRange(0, 40).Draw(w.T, "length") {
		if w.fold().State().Ended() {
			break
		}
		w.move()
		after()
	}
}

// finish lets the saga end, as it does when nothing stands in its way.
func (w *walk) finish(after func()) {
	for moves := 0; !w.fold().State().Ended(); moves++ {
		require.Less(w.T, moves, 100, "a saga whose steps succeed ends: %v", inBrief(w.events))
		w.succeed()
		after()
	}
}

func (w *walk) openAttempt() (saga.RecordOutcome, bool) {
	var open saga.RecordOutcome
	is := false
	for _, event := range w.events {
		switch e := event.(type) {
		case saga.StepStarted:
			open, is = saga.RecordOutcome{Step: e.Step, Attempt: e.Attempt}, true
		case saga.CompensationStarted:
			open, is = saga.RecordOutcome{Step: e.Step, Attempt: e.Attempt, Direction: saga.Compensation}, true
		case saga.StepCompleted:
			is = is && (e.Late && open.Direction == saga.Compensation)
		case saga.CompensationCompleted, saga.StepFailed, saga.CompensationFailed, saga.StepTimedOut,
			saga.CompensationTimedOut, saga.StepInterrupted, saga.CompensationInterrupted,
			saga.SagaTerminated:
			is = false
		}
	}
	open.Now, open.Jitter = w.now, rapid.Float64Range(0, 0.999).Draw(w.T, "jitter")
	open.Go = rapid.Bool().Draw(w.T, "slot")
	return open, is
}

// move lets one thing happen, of those that can.
func (w *walk) move() {
	w.pass(time.Duration(rapid.IntRange(0, 40).Draw(w.T, "seconds")) * time.Second)
	open, is := w.openAttempt()
	_, parked := w.fold().Parked()
	choice := rapid.IntRange(0, 99).Draw(w.T, "move")
	switch {
	case choice < 3:
		w.decide(saga.DeclareStillRunning{})
	case choice < 5:
		w.decide(saga.DeclareMissing{})
	case choice < 15:
		w.lateSuccess()
	case choice < 17:
		w.operate()
	case choice < 25 && is:
		w.lose(open)
		w.decide(saga.Recover{Now: w.now, Jitter: open.Jitter, Go: open.Go})
	case is:
		w.endOpen(open)
	case parked && choice < 60:
		w.decide(saga.Redrive{Actor: "ann", Reason: "r", SeenRevision: w.fold().Revision()})
	case choice < 30:
		w.decide(saga.Recover{Now: w.now, Go: open.Go})
	default:
		w.decide(saga.Proceed{Now: w.now})
	}
}

// operate lets an operator cancel the saga, or end it.
func (w *walk) operate() {
	seen := rapid.SampledFrom([]int64{saga.NotSeen, w.fold().Revision()}).Draw(w.T, "seen")
	if rapid.IntRange(0, 4).Draw(w.T, "end it") == 0 {
		w.decide(saga.Terminate{Actor: "ann", Reason: "hopeless", SeenRevision: seen})
		return
	}
	if _, err := w.fold().Decide(saga.Cancel{Actor: "ann", Reason: "not wanted", SeenRevision: seen}); !errors.Is(err, saga.ErrTooLate) {
		w.decide(saga.Cancel{Actor: "ann", Reason: "not wanted", SeenRevision: seen})
	}
}

func (w *walk) lose(open saga.RecordOutcome) {
	id := trackID{open.Step, open.Direction}
	w.lost[id] = append(w.lost[id], open.Attempt)
}

func (w *walk) endOpen(open saga.RecordOutcome) {
	switch rapid.IntRange(0, 6).Draw(w.T, "outcome") {
	case 0, 1:
		open.Outcome = ok("x")
	case 2:
		open.Outcome = failed
	case 3:
		open.Outcome = refused
	case 4:
		open.Outcome = nothing
	case 5:
		w.now = w.deadline()
		open.Now, open.Outcome = w.now, timedOut
		w.lose(open)
	case 6:
		open.Outcome = interrupt
		w.lose(open)
	}
	w.decide(open)
}

// deadline is that of the attempt started last, or now when it has passed.
func (w *walk) deadline() time.Time {
	deadline := w.now
	for _, event := range w.events {
		switch e := event.(type) {
		case saga.StepStarted:
			deadline = e.Deadline
		case saga.CompensationStarted:
			deadline = e.Deadline
		}
	}
	if deadline.Before(w.now) {
		return w.now
	}
	return deadline
}

func (w *walk) lateSuccess() {
	for _, step := range w.fold().Plan().Steps {
		for _, attempt := range w.lost[trackID{step.Name, saga.Action}] {
			if rapid.Bool().Draw(w.T, "late") {
				w.decide(saga.RecordOutcome{Now: w.now, Step: step.Name, Attempt: attempt, Outcome: ok("late"), Go: true})
				if w.fold().State().Ended() {
					return
				}
			}
		}
	}
}

// succeed lets the saga go on as it does when nothing stands in its way.
func (w *walk) succeed() {
	if open, is := w.openAttempt(); is {
		open.Outcome, open.Go = ok("x"), true
		w.decide(open)
		return
	}
	if _, parked := w.fold().Parked(); parked {
		w.decide(saga.Redrive{Actor: "ann", Reason: "r", SeenRevision: w.fold().Revision()})
	} else {
		w.pass(time.Minute)
		w.decide(saga.Proceed{Now: w.now})
	}
}

// requireNoOrphan demands that someone or something will let an open saga go on.
func (w *walk) requireNoOrphan() {
	inst := w.fold()
	_, is := w.openAttempt()
	if _, parked := inst.Parked(); parked || is || inst.State().Ended() {
		return
	}
	events, err := inst.Decide(saga.Proceed{Now: w.now.Add(time.Hour)})
	require.NoError(w.T, err)
	require.NotEmpty(w.T, events, "G18: nothing will happen to %v", inBrief(w.events))
}
