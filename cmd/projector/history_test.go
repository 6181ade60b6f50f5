//go:build unix

package main_test

import (
	"cmp"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
)

// history is everything that the log tells.
type history struct {
	sagas  map[saga.Ref]*told
	events map[string]int // how many there are, by type
	late   int            // news of sagas that had ended

	lateSuccesses int // of attempts that had been given up, before the end of their saga
}

// told is one saga as its stream tells it.
type told struct {
	*saga.Instance
	chain        aggregate.Chain
	attempts     map[string]int // started, by step
	undoAttempts map[string]int
	done, undone int // successes of actions and of compensations

	started []string // steps, in the order of their first attempt
	plan    []string // of the compensation
	undoing []string // steps, in the order in which their compensations began
	settled []string // steps, in the order in which their compensations succeeded
}

// openLog opens the log of a data directory to read it.
func openLog(t *testing.T, data string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(data, "events.db"), ReadOnly: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// readHistory folds the log, which must be sound: as a log, and in the order of its compensations.
func readHistory(t *testing.T, store eventstore.Store) *history {
	t.Helper()
	eventstoretest.Check(t, store)
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	h := &history{sagas: map[saga.Ref]*told{}, events: map[string]int{}}
	for ev, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		require.NoError(t, err)
		if _, isLate := saga.ParseLateStream(ev.Stream); isLate {
			h.late++
		}
		ref, isSaga := saga.ParseStream(ev.Stream)
		if !isSaga {
			continue
		}
		s := h.sagas[ref]
		if s == nil {
			require.Equal(t, saga.TypeSagaStarted, ev.Type, "the first event of %s", ref)
			s = &told{Instance: saga.NewInstance(ref), attempts: map[string]int{}, undoAttempts: map[string]int{}}
			h.sagas[ref] = s
		}
		require.NoError(t, s.chain.Next(ev))
		event, err := aggregate.DecodeEvent[saga.Event](registry, ev)
		require.NoError(t, err)
		h.events[ev.Type]++
		if success, ok := event.(saga.StepCompleted); ok && success.Late {
			h.lateSuccesses++
		}
		s.Evolve(event)
		s.take(t, event)
	}
	for ref, s := range h.sagas {
		require.True(t, s.chain.Report().Complete(), "an event of %s carries no hash", ref)
		require.Empty(t, s.Fault(), ref)
	}
	return h
}

// take follows what the instance does not tell, and checks the order of the compensations.
func (s *told) take(t *testing.T, event saga.Event) {
	t.Helper()
	switch e := event.(type) {
	case saga.StepStarted:
		require.Empty(t, s.plan, "%s: step %s starts on the way back", s.Ref(), e.Step)
		s.attempts[e.Step]++
		if !slices.Contains(s.started, e.Step) {
			s.started = append(s.started, e.Step)
		}
	case saga.StepCompleted:
		s.done++
	case saga.CompensationRequested:
		s.plan = e.Plan
		reverse := slices.Clone(s.started)
		slices.Reverse(reverse)
		want := slices.DeleteFunc(reverse, func(step string) bool { return !slices.Contains(e.Plan, step) })
		require.True(t, slices.Equal(want, e.Plan), "%s: %v is not the reverse of the starts", s.Ref(), e.Plan)
	case saga.CompensationStarted:
		s.undoAttempts[e.Step]++
		if !slices.Contains(s.undoing, e.Step) {
			require.True(t, slices.Equal(s.undoing, s.settled), "%s: %s is compensated beside another step", s.Ref(), e.Step)
			s.undoing = append(s.undoing, e.Step)
		}
		require.True(t, slices.Equal(s.plan[:len(s.undoing)], s.undoing), "%s: not the order of the plan", s.Ref())
	case saga.CompensationCompleted:
		s.undone++
		if !slices.Contains(s.settled, e.Step) {
			s.settled = append(s.settled, e.Step)
		}
	case saga.SagaFailed:
		require.ElementsMatch(t, s.plan, s.settled, "%s failed before everything was undone", s.Ref())
	case saga.SagaCompleted:
		require.Len(t, s.started, len(s.Plan().Steps), "%s completed before every step was done", s.Ref())
	}
}

// open returns the sagas that have not ended and do not wait for a person.
func (h *history) open() []saga.Ref {
	return h.where(func(s *told) bool {
		_, parked := s.Parked()
		return !s.State().Ended() && !parked
	})
}

// parked returns the sagas that wait for a person.
func (h *history) parked() []saga.Ref {
	return h.where(func(s *told) bool {
		_, parked := s.Parked()
		return parked
	})
}

func (h *history) in(state saga.State) []saga.Ref {
	return h.where(func(s *told) bool { return s.State() == state })
}

func (h *history) where(chosen func(*told) bool) []saga.Ref {
	var refs []saga.Ref
	for ref, s := range h.sagas {
		if chosen(s) {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b saga.Ref) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return refs
}

// outcomes says of each order whose saga has ended whether it was completed.
func (h *history) outcomes() map[string]bool {
	ended := map[string]bool{}
	for ref, s := range h.sagas {
		if s.State().Ended() {
			ended[ref.ID] = s.State() == saga.StateCompleted
		}
	}
	return ended
}

// checkBooks holds the log against what the services have really done: an order that waits for a person may be half done,
// and nothing else may be wrong.
func (h *history) checkBooks(t *testing.T, data string) order.Report {
	t.Helper()
	books, err := order.OpenBooks(t.Context(), filepath.Join(data, "services.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, books.Close()) }()
	report, err := books.CheckOutcomes(t.Context(), h.outcomes())
	require.NoError(t, err)
	parked := h.parked()
	wrong := slices.DeleteFunc(report.Violations, func(v order.Violation) bool {
		return v.Kind == order.HalfDone && slices.Contains(parked, saga.Ref{Name: order.Name, ID: v.OrderID})
	})
	require.Empty(t, wrong, "the books do not balance")
	return report
}

// eventCounts returns how many events there are, by type.
func (h *history) eventCounts() map[string]int64 {
	counts := make(map[string]int64, len(h.events))
	for kind, n := range h.events {
		counts[kind] = int64(n)
	}
	return counts
}
