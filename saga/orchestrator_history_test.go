package saga_test

import (
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify/verifytest"
)

// verify checks the whole log and the books after a test: the store's own rules, the hash chain of every stream, the
// rules that each saga's history must keep, twice, by the public checker and by hand, and that the books of every saga
// that has ended balance.
func (s *shop) verify(store eventstore.Store) {
	s.t.Helper()
	eventstoretest.Check(s.t, store)
	verifytest.Check(s.t, withoutNoise{store})
	histories, chains := map[saga.Ref][]saga.Event{}, map[string]*aggregate.Chain{}
	registry, err := saga.NewRegistry()
	require.NoError(s.t, err)
	all := store.ReadAll(s.t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{})
	for ev, err := range all {
		require.NoError(s.t, err)
		if _, id, _ := strings.Cut(ev.Stream, ":"); !strings.HasPrefix(id, "Parcel-") && !strings.HasPrefix(id, "Ticket-") {
			continue // the restart index, and what others wrote
		}
		if chains[ev.Stream] == nil {
			chains[ev.Stream] = &aggregate.Chain{}
		}
		require.NoError(s.t, chains[ev.Stream].Next(ev))
		ref, isSaga := saga.ParseStream(ev.Stream)
		if !isSaga {
			continue
		}
		histories[ref] = append(histories[ref], decoded(s.t, registry, ev))
	}
	for stream, chain := range chains {
		require.True(s.t, chain.Report().Complete(), "every event of %s is chained", stream)
	}
	for ref, history := range histories {
		s.verifyHistory(ref, history)
	}
	require.Empty(s.t, s.ledger.faults())
}

// withoutNoise is a log without the streams by which tests let it grow.
type withoutNoise struct{ eventstore.Store }

func (w withoutNoise) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for ev, err := range w.Store.ReadAll(ctx, after, dir, f) {
			if strings.HasPrefix(ev.Stream, "saga:Noise-") {
				continue
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

func (s *shop) verifyHistory(ref saga.Ref, history []saga.Event) {
	s.t.Helper()
	inst := saga.NewInstance(ref)
	for _, event := range history {
		require.False(s.t, inst.State().Ended(), "%s: %s follows the end", ref, event.EventType())
		inst.Evolve(event)
		require.Empty(s.t, inst.Fault(), "%s", ref)
	}
	requireOneAttemptAtATime(s.t, ref, history)
	requireReverseOrder(s.t, ref, history)
	standing := s.ledger.standing(ref, stepsOf(ref))
	switch inst.State() {
	case saga.StateCompleted:
		require.ElementsMatch(s.t, stepsOf(ref), standing, "%s completed, so every effect stands", ref)
	case saga.StateFailed:
		require.Empty(s.t, standing, "%s failed, so no effect stands", ref)
	case saga.StateNone, saga.StateStarted, saga.StatePending, saga.StateCompensating,
		saga.StateTerminated:
	}
}

// requireOneAttemptAtATime holds a history to this: attempts are numbered from 1 without a gap, none begins while one is
// open, each has at most one outcome, and all attempts of a step in a direction carry one key.
func requireOneAttemptAtATime(t testing.TB, ref saga.Ref, history []saga.Event) {
	t.Helper()
	var open *saga.AttemptRef
	last, keys := map[place]int{}, map[place]string{}
	began := func(a saga.AttemptStarted, d saga.Direction) {
		p := place{a.Step, d}
		require.Nil(t, open, "%s: attempt %d of %v begins while one is open", ref, a.Attempt, p)
		require.Equal(t, last[p]+1, a.Attempt, "%s: attempts of %v are numbered without a gap", ref, p)
		if keys[p] != "" {
			require.Equal(t, keys[p], a.Key, "%s: all attempts of %v carry one key", ref, p)
		}
		last[p], keys[p] = a.Attempt, a.Key
		open = &saga.AttemptRef{Step: a.Step, Attempt: a.Attempt}
	}
	ended := func(step string, attempt int) {
		require.Equal(t, &saga.AttemptRef{Step: step, Attempt: attempt}, open, "%s: only an open attempt ends", ref)
		open = nil
	}
	for _, event := range history {
		switch e := event.(type) {
		case saga.StepStarted:
			began(e.AttemptStarted, saga.Action)
		case saga.CompensationStarted:
			began(e.AttemptStarted, saga.Compensation)
		case saga.StepCompleted:
			if !e.Late {
				ended(e.Step, e.Attempt)
			}
		case saga.CompensationCompleted:
			ended(e.Step, e.Attempt)
		case saga.StepFailed:
			ended(e.Step, e.Attempt)
		case saga.CompensationFailed:
			ended(e.Step, e.Attempt)
		case saga.StepTimedOut:
			ended(e.Step, e.Attempt)
		case saga.CompensationTimedOut:
			ended(e.Step, e.Attempt)
		case saga.StepInterrupted:
			ended(e.Step, e.Attempt)
		case saga.CompensationInterrupted:
			ended(e.Step, e.Attempt)
		case saga.StepRedriven:
			delete(keys, place{e.Step, e.Direction}) // a second compensation has a key of its own
		case saga.SagaCompleted, saga.SagaFailed:
			require.Nil(t, open, "%s ends while an attempt is open", ref)
		}
	}
}

// requireReverseOrder holds a history to this: what is compensated is so one after the other, in exactly the reverse
// order of the first start, and nothing starts forwards after the turn.
func requireReverseOrder(t testing.TB, ref saga.Ref, history []saga.Event) {
	t.Helper()
	var started, plan []string
	undoing, undone, turned := []string{}, []string{}, false
	for _, event := range history {
		switch e := event.(type) {
		case saga.StepStarted:
			require.False(t, turned, "%s: %s starts after the turn", ref, e.Step)
			if e.Attempt == 1 {
				started = append(started, e.Step)
			}
		case saga.CompensationRequested:
			require.False(t, turned, "%s turns twice", ref)
			turned, plan = true, e.Plan
		case saga.CompensationStarted:
			if e.Attempt == 1 {
				require.Equal(t, undoing, undone, "%s: a compensation starts when the one before has ended", ref)
				undoing = append(undoing, e.Step)
			}
		case saga.CompensationCompleted:
			undone = append(undone, e.Step)
		case saga.SagaFailed:
			require.ElementsMatch(t, plan, undone, "%s failed, so the whole plan is done", ref)
		}
	}
	want := []string{}
	for _, step := range reversed(started) {
		for _, planned := range plan {
			if planned == step {
				want = append(want, step)
			}
		}
	}
	require.ElementsMatch(t, want, plan, "%s: only what was started is compensated", ref)
	require.Equal(t, want, append([]string{}, plan...), "%s: the plan is the reverse order of the starts", ref)
	require.Equal(t, want[:len(undoing)], undoing, "%s: the plan is kept to", ref)
}

// history returns the events of a saga.
func history(t testing.TB, store eventstore.Store, ref saga.Ref) []saga.Event {
	t.Helper()
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	var events []saga.Event
	for ev, err := range store.ReadStream(t.Context(), ref.Stream(), 0, eventstore.Forwards) {
		require.NoError(t, err)
		events = append(events, decoded(t, registry, ev))
	}
	return events
}

func decoded(t testing.TB, registry *eventstore.Registry, ev eventstore.RecordedEvent) saga.Event {
	t.Helper()
	schema, err := eventstore.SchemaOf(ev.Metadata)
	require.NoError(t, err)
	event, err := registry.Decode(ev.Type, schema, ev.Data)
	require.NoError(t, err)
	return event.(saga.Event)
}

// undoPlan returns the compensation plan of a history, nil when it has none.
func undoPlan(history []saga.Event) []string {
	for _, event := range history {
		if e, ok := event.(saga.CompensationRequested); ok {
			return e.Plan
		}
	}
	return nil
}

// attemptsAt counts the attempts begun at a place.
func attemptsAt(history []saga.Event, p place) int {
	n := 0
	for _, event := range history {
		switch e := event.(type) {
		case saga.StepStarted:
			if p == action(e.Step) {
				n++
			}
		case saga.CompensationStarted:
			if p == compensation(e.Step) {
				n++
			}
		}
	}
	return n
}
