package sagaview_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/saga"
)

// Whatever happens to sagas, the tables hold what a look at their whole histories says, and it makes no difference how
// the events fall into batches.
func TestTheTablesAreTheFoldOfTheLogHoweverItsEventsFallIntoBatches(t *testing.T) {
	db := openDB(t)
	rapid.Check(t, func(t *rapid.T) {
		f := &fixture{t: t, store: memory.New(), db: db, now: noon}
		defer f.store.Close()
		want := expect(f.walk(t))
		for _, size := range []int{1, 2, 3, 7, 1000} {
			require.NoError(t, f.projector(batchSize(size)).Rebuild(context.Background()))
			want.requireRows(t, f, fmt.Sprintf("batches of %d", size))
		}
	})
}

// The tables are right after each flush, not only at the end: a walk is applied as it goes on.
func TestTheTablesAreTheFoldOfTheLogAtEveryMoment(t *testing.T) {
	db := openDB(t)
	rapid.Check(t, func(t *rapid.T) {
		f := &fixture{t: t, store: memory.New(), db: db, now: noon}
		defer f.store.Close()
		s := f.tale(walktest.Sequence(t, "Walk"), "1")
		w := &walk{T: t, tale: s, lost: map[string][]int{}}
		for range rapid.IntRange(1, 40).Draw(t, "length") {
			w.move()
			p := f.projector(func(c *projection.Config) { c.AutoRebuild = true }) // for each round is another log
			require.NoError(t, p.CatchUp(context.Background()))
			expect([]*tale{s}).requireRows(t, f, "after "+s.events[len(s.events)-1].EventType())
		}
		live := f.dump()
		require.NoError(t, f.projector().Rebuild(context.Background()))
		require.Equal(t, live, f.dump(), "a rebuild makes the same read model")
	})
}

// walk lets anything happen to a few sagas, interleaved.
func (f *fixture) walk(t *rapid.T) (tales []*tale) {
	var walks []*walk
	for i := range rapid.IntRange(1, 12).Draw(t, "sagas") {
		name := []string{"Walk", "Way.2"}[i%2]
		s := f.tale(walktest.Sequence(t, name), fmt.Sprint(i))
		if i%3 == 1 {
			s.parent = &saga.Parent{Name: "Walk", ID: fmt.Sprint(i - 1), Step: "delegate"}
		}
		tales = append(tales, s)
		walks = append(walks, &walk{T: t, tale: s, lost: map[string][]int{}})
	}
	for range rapid.IntRange(0, 30*len(walks)).Draw(t, "length") {
		rapid.SampledFrom(walks).Draw(t, "saga").move()
	}
	return tales
}

// walk is a tale in which anything may happen next.
type walk struct {
	T *rapid.T
	*tale
	lost map[string][]int // attempts of actions that were given up, and may have succeeded all the same
}

// move lets one thing happen, of those that can.
func (w *walk) move() {
	w.f.pass(time.Duration(rapid.IntRange(0, 40_000).Draw(w.T, "milliseconds")) * time.Millisecond)
	slot := rapid.Bool().Draw(w.T, "slot")
	if len(w.events) == 0 {
		w.start(saga.Definition[goods]{Version: 3, Name: w.ref.Name}, slot)
		return
	}
	choice := rapid.IntRange(0, 99).Draw(w.T, "move")
	if w.inst.State().Ended() {
		if choice < 20 {
			w.newsAfterTheEnd(w.plan.Steps[choice%len(w.plan.Steps)].Name, 1+choice%3)
		}
		return
	}
	open, is := w.open()
	open.Jitter, open.Go = rapid.Float64Range(0, 0.999).Draw(w.T, "jitter"), slot
	_, parked := w.inst.Parked()
	_, paused := w.inst.Paused()
	switch {
	case choice < 3:
		w.decide(saga.DeclareStillRunning{})
	case choice < 5:
		w.decide(saga.DeclareMissing{})
	case choice < 15:
		w.anyLateSuccess()
	case choice < 17:
		w.operate()
	case choice < 18:
		w.migrate(w.T)
	case choice < 20 || paused && choice < 50:
		w.pauseOrResume(paused)
	case choice < 25 && is:
		w.lose(open)
		w.decide(saga.Recover{Now: w.f.now, Jitter: open.Jitter, Go: slot})
	case parked && choice < 33 && w.resolves():
	case choice >= 30 && choice < 38 && w.skips():
	case parked && choice < 40:
		w.redrive()
	case is:
		w.endOpen(open)
	case parked && choice < 60:
		w.redrive()
	case choice < 30:
		w.decide(saga.Recover{Now: w.f.now, Go: slot})
	default:
		w.decide(saga.Proceed{Now: w.f.now})
	}
}

// operate lets an operator cancel the saga, or end it.
func (w *walk) operate() {
	cancel := saga.Cancel{Actor: "ann", Reason: "not wanted", SeenRevision: saga.NotSeen}
	if rapid.IntRange(0, 3).Draw(w.T, "end it") == 0 {
		w.decide(saga.Terminate{Actor: "ann", Reason: "hopeless", SeenRevision: saga.NotSeen})
	} else if _, err := w.inst.Decide(cancel); !errors.Is(err, saga.ErrTooLate) {
		w.decide(cancel)
	}
}

// resolves lets an operator say what came of what the saga is parked at, if they can.
func (w *walk) resolves() bool {
	if _, err := w.inst.Decide(w.resolution()); err != nil {
		return false
	}
	w.decide(w.resolution())
	return true
}

// skips lets an operator pass over the first step that can be, if one can.
func (w *walk) skips() bool { return w.tale.skips(0) }

// migrate lets the saga go on by another plan, if that is possible.
func (s *tale) migrate(t *rapid.T) {
	to := walktest.Migration(t, s.inst)
	if _, err := s.inst.Decide(to); !errors.Is(err, saga.ErrCannotMigrate) {
		s.decide(to)
	}
}

func (w *walk) pauseOrResume(paused bool) {
	if paused {
		w.decide(saga.Resume{Actor: "ann", Reason: "go on", SeenRevision: saga.NotSeen})
		return
	}
	w.decide(saga.Pause{Actor: "ann", Reason: "stand still", SeenRevision: saga.NotSeen})
}

func (w *walk) lose(open saga.RecordOutcome) {
	if open.Direction == saga.Action {
		w.lost[open.Step] = append(w.lost[open.Step], open.Attempt)
	}
}

func (w *walk) endOpen(open saga.RecordOutcome) {
	switch rapid.IntRange(0, 7).Draw(w.T, "outcome") {
	case 0, 1, 2:
		open.Outcome = done
	case 3:
		open.Outcome = failed
		w.lose(open)
	case 4:
		open.Outcome = refused
	case 5:
		open.Outcome = nothing
	case 6:
		open.Outcome = timedOut
		w.lose(open)
	case 7:
		open.Outcome = interrupt
		w.lose(open)
	}
	w.decide(open)
}

func (w *walk) anyLateSuccess() {
	for _, step := range w.plan.Steps {
		for _, attempt := range w.lost[step.Name] {
			if !w.inst.State().Ended() && rapid.Bool().Draw(w.T, "late") {
				w.lateSuccess(step.Name, attempt)
			}
		}
	}
}
