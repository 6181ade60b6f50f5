package sagaview_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

// The rows of sagas with branches, waits and deadlines are what the instance says at every moment, and it makes no
// difference how their events fall into batches.
func TestTheRowsOfSagasWithBranchesAndWaitsAreWhatTheInstanceSays(t *testing.T) {
	db, waited := openDB(t), 0
	rapid.Check(t, func(t *rapid.T) {
		f := &fixture{t: t, store: memory.New(), db: db, now: noon}
		defer f.store.Close()
		def := walktest.Definition(t, "Wide")
		def.Version = 3
		if rapid.Bool().Draw(t, "limited") {
			def.Deadline = time.Duration(rapid.IntRange(1, 300).Draw(t, "seconds")) * time.Second
		}
		w := &wideWalk{T: t, tale: f.tale(def, "1")}
		w.start(def, true)
		for range rapid.IntRange(1, 25).Draw(t, "length") {
			if !w.inst.State().Ended() {
				w.move()
			}
			p := f.projector(func(c *projection.Config) { c.AutoRebuild = true })
			require.NoError(t, p.CatchUp(context.Background()))
			waited += w.requireRows()
		}
		live := f.dump()
		for _, size := range []int{1, 3, 1000} {
			require.NoError(t, f.projector(batchSize(size)).Rebuild(context.Background()))
			require.Equal(t, live, f.dump(), "in batches of %d", size)
		}
	})
	require.Positive(t, waited, "some waited for several things at once")
}

// wideWalk is a tale in which anything may happen next, to any of the branches.
type wideWalk struct {
	T *rapid.T
	*tale
	signals int
}

func (w *wideWalk) move() {
	w.f.pass(time.Duration(rapid.IntRange(0, 40_000).Draw(w.T, "milliseconds")) * time.Millisecond)
	spare := rapid.IntRange(0, 2).Draw(w.T, "spare")
	_, parked := w.inst.Parked()
	choice := rapid.IntRange(0, 99).Draw(w.T, "move")
	var open []saga.RecordOutcome
	for i, step := range w.inst.Steps() {
		if step.Action.Open && w.plan.Steps[i].Await == nil {
			open = append(open, saga.RecordOutcome{Step: step.Name, Attempt: step.Action.Attempts})
		}
		if step.Compensation.Open {
			open = append(open, saga.RecordOutcome{Step: step.Name, Attempt: step.Compensation.Attempts, Direction: saga.Compensation})
		}
	}
	switch {
	case choice < 4:
		if cancel := (saga.Cancel{Actor: "ann", Reason: "no", SeenRevision: saga.NotSeen}); !w.tooLate(cancel) {
			w.decide(cancel)
		}
	case choice < 8 && w.inst.State() != saga.StateCompensating:
		w.decide(saga.Extend{
			Now: w.f.now, Deadline: w.f.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(w.T, "by")) * time.Second),
			Actor: "ann", Reason: "longer", SeenRevision: saga.NotSeen,
		})
	case choice < 9:
		w.migrate(w.T)
	case choice < 12:
		w.decide(saga.Recover{Now: w.f.now, Go: true, Spare: spare})
	case choice < 20:
		w.signal()
	case parked && choice < 30 && w.resolves():
	case choice >= 28 && choice < 34 && w.skips(choice):
	case parked && choice < 50:
		w.redrive()
	case len(open) > 0 && choice < 85:
		end := rapid.SampledFrom(open).Draw(w.T, "which")
		end.Now, end.Go, end.Spare = w.f.now, rapid.Bool().Draw(w.T, "slot"), spare
		end.Outcome = rapid.SampledFrom([]saga.Outcome{done, done, failed, refused, interrupt}).Draw(w.T, "outcome")
		w.decide(end)
	default:
		w.decide(saga.Proceed{Now: w.f.now, Spare: spare})
	}
}

// resolves lets an operator say what came of what the saga is parked at, if they can.
func (w *wideWalk) resolves() bool {
	if _, err := w.inst.Decide(w.resolution()); err != nil {
		return false
	}
	w.decide(w.resolution())
	return true
}

func (w *wideWalk) tooLate(cancel saga.Cancel) bool {
	_, err := w.inst.Decide(cancel)
	return errors.Is(err, saga.ErrTooLate)
}

func (w *wideWalk) signal() {
	for _, step := range w.plan.Steps {
		if step.Await != nil && rapid.Bool().Draw(w.T, "this one") {
			w.signals++
			w.decide(saga.DeliverSignal{
				Now: w.f.now, ID: fmt.Sprint(w.signals), Name: step.Await.Signal, Payload: json.RawMessage(`"go"`),
			})
			return
		}
	}
}

// requireRows compares the rows with the instance, and returns 1 when the saga waits for several things.
func (w *wideWalk) requireRows() (several int) {
	rows := query(w.f.t, w.f.db.Read, "SELECT state, running, attempts FROM saga_steps ORDER BY step_number")
	underWay := 0
	var first time.Time
	terminated := w.inst.State() == saga.StateTerminated
	for i, step := range w.inst.Steps() {
		running := (step.Action.Open || step.Compensation.Open) && !terminated
		require.Equal(w.T, map[string]any{
			"state": step.State.String(), "running": flag(running), "attempts": int64(step.Action.Attempts),
		}, rows[i], "step %s after %s", step.Name, w.events[len(w.events)-1].EventType())
		if running {
			underWay++
		}
		if at := step.Action.Deadline; step.Action.Open && !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	s := w.f.list(sagaview.Query{}).Sagas[0]
	require.Equal(w.T, w.inst.Overdue(), s.Overdue)
	_, parked := w.inst.Parked()
	forward := w.inst.State() == saga.StateStarted || w.inst.State() == saga.StatePending
	if !forward || parked {
		return 0
	}
	last := w.events[len(w.events)-1].EventType()
	if !first.IsZero() && last != saga.TypeStepRedriven && last != saga.TypeStepResolved && last != saga.TypeStepSkipped {
		require.False(w.T, s.NextDue.IsZero() || s.NextDue.After(first), "%s is due at %s, and not before %s", s.WaitsFor, s.NextDue, first)
	}
	if at := w.inst.Deadline(); !at.IsZero() && !w.inst.Overdue() {
		require.False(w.T, s.NextDue.After(at), "the deadline of the saga is due as well")
	}
	if underWay > 1 {
		require.Contains(w.T, s.WaitsFor, "; ")
		return 1
	}
	return 0
}
