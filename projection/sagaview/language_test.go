package sagaview_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

// journeyDef books side by side, asks a person, and pays.
func journeyDef(o saga.AwaitOptions[bool]) saga.Definition[goods] {
	quick := saga.StepOptions{Timeout: time.Minute}
	return define("Journey",
		saga.Parallel("book", compensable("hotel", saga.StepOptions{}), compensable("flight", quick)),
		saga.Await[goods]("approval", o), compensable("pay", saga.StepOptions{}))
}

// booking is a journey whose two branches run.
func (f *fixture) booking(def saga.Definition[goods]) *tale {
	s := f.begin(def, "1")
	s.decide(saga.Proceed{Now: f.now, Spare: 5})
	return s
}

// asking is a journey that waits for its approval.
func (f *fixture) asking(def saga.Definition[goods]) *tale {
	return f.booking(def).endOf("hotel", done).endOf("flight", done)
}

func (s *tale) endOf(step string, outcome saga.Outcome) *tale {
	s.decide(saga.RecordOutcome{Now: s.f.now, Step: step, Attempt: 1, Outcome: outcome})
	return s
}

// only returns the one saga of the log, as the read model has it, and demands that a rebuild has it alike.
func (f *fixture) only() sagaview.Saga {
	f.catchUp()
	live := f.dump()
	for _, size := range []int{1, 2, 1000} {
		require.NoError(f.t, f.projector(batchSize(size)).Rebuild(context.Background()))
		require.Equal(f.t, live, f.dump(), "in batches of %d", size)
	}
	all := f.list(sagaview.Query{}).Sagas
	require.Len(f.t, all, 1)
	return all[0]
}

func (f *fixture) requireWaits(waitsFor string, due time.Time) {
	s := f.only()
	require.Equal(f.t, waitsFor, s.WaitsFor)
	require.Equal(f.t, due, s.NextDue)
}

func TestASagaWithBranchesWaitsForAllOfThem(t *testing.T) {
	t.Run("until the first deadline of those that run", func(t *testing.T) {
		f := newFixture(t)
		f.booking(journeyDef(saga.AwaitOptions[bool]{}))
		f.requireWaits("the action of step hotel to end; the action of step flight to end", noon.Add(time.Minute))
		f.requireStuckAfter(noon.Add(time.Minute), "the action of step hotel to end; the action of step flight to end")
	})
	t.Run("also when one of them has ended", func(t *testing.T) {
		f := newFixture(t)
		f.booking(journeyDef(saga.AwaitOptions[bool]{})).endOf("flight", done)
		f.requireWaits("the action of step hotel to end", noon.Add(5*time.Minute))
	})
	t.Run("and for those that are to be tried again", func(t *testing.T) {
		f := newFixture(t)
		f.booking(journeyDef(saga.AwaitOptions[bool]{})).endOf("flight", failed)
		f.requireWaits("the action of step hotel to end; the next attempt of the action of step flight", noon.Add(time.Second))
	})
	t.Run("but not for a retry when another one was given up", func(t *testing.T) {
		f := newFixture(t)
		def := define("Journey", saga.Parallel("book", compensable("hotel", saga.StepOptions{}),
			compensable("flight", saga.StepOptions{}), compensable("car", saga.StepOptions{})))
		f.booking(def).endOf("flight", failed).endOf("hotel", refused)
		f.requireWaits("the action of step car to end", noon.Add(5*time.Minute))
	})
	t.Run("which are steps of their group", func(t *testing.T) {
		f := newFixture(t)
		f.asking(journeyDef(saga.AwaitOptions[bool]{}))
		f.catchUp()
		require.Equal(t, []map[string]any{
			{"step": "hotel", "kind": "compensable", "step_group": "book", "awaits": nil},
			{"step": "flight", "kind": "compensable", "step_group": "book", "awaits": nil},
			{"step": "approval", "kind": "await", "step_group": nil, "awaits": "signal approval"},
			{"step": "pay", "kind": "compensable", "step_group": nil, "awaits": nil},
		}, query(t, f.db.Read, "SELECT step, kind, step_group, awaits FROM saga_steps ORDER BY step_number"))
	})
}

func TestASagaThatWaitsForASignal(t *testing.T) {
	yes := true
	t.Run("is never stuck when nothing limits that", func(t *testing.T) {
		f := newFixture(t)
		f.asking(journeyDef(saga.AwaitOptions[bool]{}))
		f.requireWaits("signal approval for step approval", time.Time{})
		f.requireNeverStuck()
	})
	t.Run("is stuck when nobody ends a wait that has lapsed", func(t *testing.T) {
		f := newFixture(t)
		f.asking(journeyDef(saga.AwaitOptions[bool]{Signal: "answer", Timeout: time.Hour, Default: &yes}))
		f.requireStuckAfter(noon.Add(time.Hour), "signal answer for step approval")
	})
	t.Run("goes on when it has come", func(t *testing.T) {
		f := newFixture(t)
		s := f.asking(journeyDef(saga.AwaitOptions[bool]{}))
		s.decide(saga.DeliverSignal{Now: f.now, ID: "1", Name: "approval", Payload: json.RawMessage("true")})
		f.requireWaits("the next step to start", noon.Add(time.Minute))
	})
	t.Run("does not when it is cancelled", func(t *testing.T) {
		f := newFixture(t)
		s := f.asking(journeyDef(saga.AwaitOptions[bool]{}))
		s.decide(saga.Cancel{Actor: "ann", Reason: "no", SeenRevision: saga.NotSeen})
		f.requireWaits("the compensation to start", noon.Add(time.Minute))
		require.Equal(t, []map[string]any{{"running": int64(0), "state": s.inst.Steps()[2].State.String()}},
			query(t, f.db.Read, "SELECT running, state FROM saga_steps WHERE step = 'approval'"))
	})
}

func TestTheDeadlineOfASagaIsDueWhenNothingElseIsBeforeIt(t *testing.T) {
	limited := func(d time.Duration) saga.Definition[goods] {
		def := journeyDef(saga.AwaitOptions[bool]{})
		def.Deadline = d
		return def
	}
	t.Run("before a later deadline of an attempt", func(t *testing.T) {
		f := newFixture(t)
		f.booking(limited(10 * time.Second))
		require.Equal(t, noon.Add(10*time.Second), f.only().NextDue)
	})
	t.Run("beside a wait without limit", func(t *testing.T) {
		f := newFixture(t)
		f.asking(limited(time.Hour))
		f.requireWaits("signal approval for step approval", noon.Add(time.Hour))
	})
	t.Run("until it has passed", func(t *testing.T) {
		f := newFixture(t)
		s := f.booking(limited(10 * time.Second))
		require.False(t, f.only().Overdue)
		f.pass(10 * time.Second)
		s.decide(saga.Attend{Now: f.now})
		f.requireWaits("the action of step hotel to end; the action of step flight to end", noon.Add(time.Minute))
		require.True(t, f.only().Overdue)
		require.Equal(t, noon.Add(10*time.Second), f.only().Deadline)
	})
	t.Run("and no more when it is extended", func(t *testing.T) {
		f := newFixture(t)
		s := f.booking(limited(10 * time.Second))
		f.pass(10 * time.Second)
		s.decide(saga.Attend{Now: f.now})
		s.decide(saga.Extend{Now: f.now, Deadline: f.now.Add(time.Hour), Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen})
		f.requireWaits("the action of step hotel to end; the action of step flight to end", noon.Add(time.Minute))
		require.False(t, f.only().Overdue)
		require.Equal(t, f.now.Add(time.Hour), f.only().Deadline)
	})
	t.Run("and retries are due again when it is extended", func(t *testing.T) {
		f := newFixture(t)
		s := f.booking(limited(time.Second/2)).endOf("flight", failed)
		f.pass(time.Second / 2)
		s.decide(saga.Attend{Now: f.now})
		f.requireWaits("the action of step hotel to end", noon.Add(5*time.Minute))
		s.decide(saga.Extend{Now: f.now, Deadline: f.now.Add(time.Hour), Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen})
		f.requireWaits("the action of step hotel to end; the next attempt of the action of step flight", noon.Add(time.Second))
	})
}
