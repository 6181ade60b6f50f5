package saga_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// Whatever happens to a saga, its history keeps every rule, and once its steps succeed and its operator redrives it, it
// ends.
func TestG18AndG19EveryWalkKeepsTheRulesAndEnds(t *testing.T) {
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
	lost  map[trackID][]int // attempts that were given up, and may have succeeded all the same
	stays bool              // nobody migrates it
}

// newWalk begins a walk of a saga of any definition.
func newWalk(t *rapid.T) *walk { return walkOf(t, walktest.Definition(t, "Walk")) }

func walkOf(t *rapid.T, d saga.Definition[goods]) *walk {
	return &walk{T: t, tale: begin(t, d), lost: map[trackID][]int{}}
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

// past is the history as far as it has come.
func (w *walk) past() past { return w.upTo(len(w.events)) }

// openAttempt draws one of the open attempts.
func (w *walk) openAttempt() (saga.RecordOutcome, bool) {
	open := saga.RecordOutcome{
		Now: w.now, Jitter: rapid.Float64Range(0, 0.999).Draw(w.T, "jitter"), Go: rapid.Bool().Draw(w.T, "slot"), Spare: w.spare(),
	}
	running := w.past().running()
	if len(running) == 0 || w.past().ended() {
		return open, false
	}
	chosen := running[rapid.IntRange(0, len(running)-1).Draw(w.T, "which")]
	open.Step, open.Direction, open.Attempt = chosen.step, chosen.direction, chosen.Attempt
	return open, true
}

func (w *walk) spare() int { return rapid.IntRange(0, 3).Draw(w.T, "spare") }

// move lets one thing happen, of those that can.
func (w *walk) move() {
	w.pass(time.Duration(rapid.IntRange(0, 40).Draw(w.T, "seconds")) * time.Second)
	open, is := w.openAttempt()
	_, parked := w.fold().Parked()
	_, paused := w.fold().Paused()
	choice := rapid.IntRange(0, 99).Draw(w.T, "move")
	switch {
	case choice < 5:
		w.declare(choice < 3)
	case choice < 15:
		w.lateSuccess()
	case choice < 18:
		w.operate()
	case choice < 19:
		w.migrate()
	case choice < 21 || paused && choice < 60:
		w.pauseOrResume(paused)
	case choice < 25 && is:
		for _, b := range w.past().running() {
			w.lose(b.trackID, b.Attempt)
		}
		w.decide(saga.Recover{Now: w.now, Jitter: open.Jitter, Go: open.Go, Spare: open.Spare})
	case choice < 30 && w.awaits():
		w.signal()
	case choice < 34:
		w.decide(saga.Attend{Now: w.now})
	case choice < 41:
		w.decide(saga.Proceed{Now: w.now, Spare: open.Spare})
	case choice < 43 && w.skips():
	case is:
		w.endOpen(open)
	case parked && choice < 55 && w.resolves():
	case parked && choice < 58 && w.skips():
	case parked && choice < 65:
		w.decide(saga.Redrive{Actor: "ann", Reason: "r", SeenRevision: w.fold().Revision()})
	case choice < 70 && w.awaits():
		w.signal()
	case choice < 75:
		w.decide(saga.Recover{Now: w.now, Go: open.Go, Spare: open.Spare})
	default:
		w.decide(saga.Proceed{Now: w.now, Spare: open.Spare})
	}
}

// declare leaves the saga to a person, wherever it stands.
func (w *walk) declare(runs bool) {
	step := ""
	if steps := w.past().plan.Steps; rapid.Bool().Draw(w.T, "a step") {
		step = steps[rapid.IntRange(0, len(steps)-1).Draw(w.T, "step")].Name
	}
	if runs {
		w.decide(saga.DeclareStillRunning{Step: step})
	} else {
		w.decide(saga.DeclareMissing{Step: step})
	}
}

// awaits reports whether a step of the saga waits for a signal, now or later.
func (w *walk) awaits() bool {
	return slices.ContainsFunc(w.past().plan.Steps, func(s saga.PlannedStep) bool { return s.Kind == saga.KindAwait })
}

// signal hands one over that some step waits for, now or later; now and then one that has been handed over before.
func (w *walk) signal() {
	names := map[string]bool{}
	for _, step := range w.past().plan.Steps {
		if step.Await != nil {
			names[step.Await.Signal] = true
		}
	}
	name := rapid.SampledFrom(slices.Sorted(maps.Keys(names))).Draw(w.T, "signal")
	if old := eventsOf[saga.SignalReceived](w.events); len(old) > 0 && rapid.IntRange(0, 4).Draw(w.T, "again") == 0 {
		w.decide(saga.DeliverSignal{Now: w.now, ID: old[0].ID, Name: old[0].Name, Payload: old[0].Payload})
		return
	}
	w.signalled(name)
}

func (w *walk) signalled(name string) {
	payload := rapid.SampledFrom([]string{`"said"`, `null`, ``}).Draw(w.T, "payload")
	signal := saga.DeliverSignal{Now: w.now, ID: fmt.Sprint("s", len(w.events)), Name: name, Actor: "bob"}
	if payload != "" {
		signal.Payload = json.RawMessage(payload)
	}
	w.decide(signal)
}

// operate lets an operator cancel the saga, or end it.
func (w *walk) operate() {
	seen := rapid.SampledFrom([]int64{saga.NotSeen, w.fold().Revision()}).Draw(w.T, "seen")
	if rapid.IntRange(0, 2).Draw(w.T, "extend it") == 0 && w.fold().State() != saga.StateCompensating {
		w.decide(saga.Extend{
			Now: w.now, Deadline: w.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(w.T, "by")) * time.Second),
			Actor: "ann", Reason: "it takes longer", SeenRevision: seen,
		})
		return
	}
	if rapid.IntRange(0, 2).Draw(w.T, "another policy") == 0 && w.changePolicy(seen) {
		return
	}
	if rapid.IntRange(0, 4).Draw(w.T, "end it") == 0 {
		w.decide(saga.Terminate{Actor: "ann", Reason: "hopeless", SeenRevision: seen})
		return
	}
	if _, err := w.fold().Decide(saga.Cancel{Actor: "ann", Reason: "not wanted", SeenRevision: seen}); !errors.Is(err, saga.ErrTooLate) {
		w.decide(saga.Cancel{Actor: "ann", Reason: "not wanted", SeenRevision: seen})
	}
}

// resolves lets an operator say what came of what the saga is parked at, and reports whether they could.
func (w *walk) resolves() bool {
	parked, _ := w.fold().Parked()
	resolve := saga.Resolve{
		Step: parked.Step, Direction: parked.Direction, Actor: "ann", Reason: "they said so", SeenRevision: w.fold().Revision(),
	}
	if resolve.Direction == saga.Compensation {
		resolve.Evidence = "a receipt"
	} else if rapid.Bool().Draw(w.T, "a result") {
		resolve.Result = json.RawMessage(`"said"`)
	}
	if !w.past().mayResolve(trackID{parked.Step, parked.Direction}) {
		_, err := w.fold().Decide(resolve)
		require.True(w.T, errors.Is(err, saga.ErrAttemptOpen) || errors.Is(err, saga.ErrOutcomeKnown), "%v", err)
		return false
	}
	w.decide(resolve)
	return true
}

// skips lets an operator pass over any step, and reports whether they could.
func (w *walk) skips() bool {
	plan := w.past().plan
	step := plan.Steps[rapid.IntRange(0, len(plan.Steps)-1).Draw(w.T, "step")].Name
	if stands := w.past().stands(); len(stands) > 0 && rapid.IntRange(0, 9).Draw(w.T, "one that is due") > 0 {
		step = rapid.SampledFrom(stands).Draw(w.T, "one of them").step
	}
	skip := saga.Skip{Step: step, Actor: "ann", Reason: "not needed", SeenRevision: w.fold().Revision()}
	if w.past().maySkip(step) {
		w.decide(skip)
		return true
	}
	_, err := w.fold().Decide(skip)
	refused := errors.Is(err, saga.ErrNotSkippable) || errors.Is(err, saga.ErrAttemptOpen) || errors.Is(err, saga.ErrParkedElsewhere)
	require.True(w.T, refused || errors.Is(err, saga.ErrEnded), "%v", err)
	return false
}

// migrate lets the saga go on by another plan, if that is possible.
func (w *walk) migrate() {
	if w.stays {
		return
	}
	to := walktest.Migration(w.T, w.fold())
	if _, err := w.fold().Decide(to); !errors.Is(err, saga.ErrCannotMigrate) {
		w.decide(to)
	}
}

// pauseOrResume lets an operator resume a paused saga, and pause another one.
func (w *walk) pauseOrResume(paused bool) {
	seen := rapid.SampledFrom([]int64{saga.NotSeen, w.fold().Revision()}).Draw(w.T, "seen")
	if paused {
		w.decide(saga.Resume{Actor: "ann", Reason: "go on", SeenRevision: seen})
		return
	}
	w.decide(saga.Pause{Actor: "ann", Reason: "stand still", SeenRevision: seen})
}

func (w *walk) lose(id trackID, attempt int) { w.lost[id] = append(w.lost[id], attempt) }

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
		w.now = w.deadline(open)
		open.Now, open.Outcome = w.now, timedOut
		w.lose(trackID{open.Step, open.Direction}, open.Attempt)
	case 6:
		open.Outcome = interrupt
		w.lose(trackID{open.Step, open.Direction}, open.Attempt)
	}
	w.decide(open)
}

// deadline is that of an open attempt, or now when it has passed.
func (w *walk) deadline(open saga.RecordOutcome) time.Time {
	for _, b := range w.past().running() {
		if b.trackID == (trackID{open.Step, open.Direction}) && b.Deadline.After(w.now) {
			return b.Deadline
		}
	}
	return w.now
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
	if _, paused := w.fold().Paused(); paused {
		w.pauseOrResume(true)
		return
	}
	if _, parked := w.fold().Parked(); parked {
		w.decide(saga.Redrive{Actor: "ann", Reason: "r", SeenRevision: w.fold().Revision()})
		return
	}
	if open := w.past().open(); len(open) > 0 {
		w.signalled(w.past().plan.Steps[w.past().index(open[0].step)].Await.Signal)
		return
	}
	w.pass(time.Minute)
	w.decide(saga.Proceed{Now: w.now, Spare: w.spare()})
}

// requireNoOrphan demands that someone or something will let an open saga go on.
func (w *walk) requireNoOrphan() {
	inst, p := w.fold(), w.past()
	if p.halted() || len(p.running()) > 0 || inst.State().Ended() {
		return
	}
	for _, b := range p.open() {
		if b.Deadline.IsZero() { // whoever sends the signal
			events, err := inst.Decide(saga.DeliverSignal{Now: w.now, ID: "?", Name: p.plan.Steps[p.index(b.step)].Await.Signal})
			require.NoError(w.T, err)
			require.Greater(w.T, len(events), 1, "G18: no signal helps %v", inBrief(w.events))
			return
		}
	}
	events, err := inst.Decide(saga.Proceed{Now: w.now.Add(time.Hour)})
	require.NoError(w.T, err)
	require.NotEmpty(w.T, events, "G18: nothing will happen to %v", inBrief(w.events))
}
