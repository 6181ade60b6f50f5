package saga_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// starters are the two ways in which a start reaches the log: through the loop of a running orchestrator, and past it.
var starters = []struct {
	name string
	open func(s *shop, store eventstore.Store) *saga.Orchestrator
}{
	{"while it runs", func(s *shop, store eventstore.Store) *saga.Orchestrator {
		p := s.run(store)
		synctest.Wait()
		return p.Orchestrator
	}},
	{"before it runs", func(s *shop, store eventstore.Store) *saga.Orchestrator { return s.open(store) }},
	{"beside the one that runs", func(s *shop, store eventstore.Store) *saga.Orchestrator {
		s.run(store)
		synctest.Wait()
		return s.open(store)
	}},
}

// starting runs a test for each way to start.
func starting(t *testing.T, test func(t *testing.T, s *shop, store eventstore.Store, o *saga.Orchestrator)) {
	for _, c := range starters {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := newShop(t), memory.New()
				test(t, s, store, c.open(s, store))
			})
		})
	}
}

func TestStartIsIdempotent(t *testing.T) {
	starting(t, func(t *testing.T, _ *shop, store eventstore.Store, o *saga.Orchestrator) {
		type order struct {
			B json.Number `json:"Note,omitempty"`
			A string      `json:"Item"`
		}
		start := func(data any) (bool, error) { return o.Start(t.Context(), "Parcel", "1", data) }
		created, err := start(parcel{Item: "lamp"})
		require.NoError(t, err)
		require.True(t, created)
		for what, same := range map[string]any{
			"the same value":        parcel{Item: "lamp"},
			"a pointer to it":       &parcel{Item: "lamp"},
			"equal JSON":            json.RawMessage(` { "Item" : "\u006camp" } `),
			"another type like it":  order{A: "lamp"},
			"a map with its member": map[string]any{"Item": "lamp"},
		} {
			created, err = start(same)
			require.NoError(t, err, what)
			require.False(t, created, what)
		}
		_, err = start(parcel{Item: "chair"})
		require.ErrorIs(t, err, saga.ErrStartedDifferently)
		_, err = start(order{A: "lamp", B: "1"})
		require.ErrorIs(t, err, saga.ErrStartedDifferently)
		synctest.Wait()
		_, err = start(parcel{Item: "chair"})
		require.ErrorIs(t, err, saga.ErrStartedDifferently, "the same when it may have ended")
		created, err = start(parcel{Item: "lamp"})
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, 1, countTypes(t, store, saga.TypeSagaStarted))
	})
}

// countTypes counts the events of a type, or all events for "".
func countTypes(t testing.TB, store eventstore.Store, eventType string) int {
	t.Helper()
	n := 0
	var filter eventstore.Filter
	if eventType != "" {
		filter.TypePrefixes = []string{eventType}
	}
	for _, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, filter) {
		require.NoError(t, err)
		n++
	}
	return n
}

func TestG22OfManyStartsAtOnceOneCreatesTheSaga(t *testing.T) {
	starting(t, func(t *testing.T, s *shop, store eventstore.Store, o *saga.Orchestrator) {
		other := s.open(store)
		var created atomic.Int64
		var starts sync.WaitGroup
		for i := range 100 {
			starts.Go(func() {
				by := o
				if i%2 == 0 {
					by = other
				}
				first, err := by.Start(t.Context(), "Parcel", "1", parcel{Item: "lamp"})
				if err != nil {
					t.Error(err)
				}
				if first {
					created.Add(1)
				}
			})
		}
		starts.Wait()
		require.Equal(t, int64(1), created.Load())
		require.Equal(t, 1, countTypes(t, store, saga.TypeSagaStarted))
	})
}

func TestASagaStartedWithoutARunningOrchestratorIsActedUpon(t *testing.T) {
	for name, startFirst := range map[string]bool{"before Run": true, "in another process while it runs": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store, ref := newShop(t), memory.New(), parcelRef(1)
				elsewhere := s.open(store)
				var p *process
				if !startFirst {
					p = s.run(store)
					synctest.Wait()
				}
				created, err := elsewhere.Start(t.Context(), ref.Name, ref.ID, parcel{})
				require.NoError(t, err)
				require.True(t, created)
				if startFirst {
					require.Equal(t, []string{"SagaStarted"}, eventTypes(t, store, ref.Stream()))
					p = s.run(store)
				}
				began := time.Now()
				end, err := elsewhere.Wait(t.Context(), ref.Name, ref.ID)
				require.NoError(t, err)
				require.Equal(t, saga.StateCompleted, end.State)
				require.Less(t, time.Since(began), time.Second)
				p.stop()
				s.verify(store)
			})
		})
	}
}

func TestAStartThatCannotBeIsRefusedAndLeavesNothing(t *testing.T) {
	starting(t, func(t *testing.T, _ *shop, store eventstore.Store, o *saga.Orchestrator) {
		for _, c := range []struct {
			name, definition, id string
			data                 any
			want                 error
			text                 string
		}{
			{"an unknown definition", "Journey", "1", parcel{}, saga.ErrUnknownDefinition, "registered are [Parcel Ticket]"},
			{"an empty id", "Parcel", "", parcel{}, saga.ErrInvalidID, "is empty"},
			{"an overlong id", "Parcel", strings.Repeat("x", 201), parcel{}, saga.ErrInvalidID, "limit is 200"},
			{"an id with a line break", "Parcel", "a\nb", parcel{}, saga.ErrInvalidID, "control"},
			{"an id that is no UTF-8", "Parcel", "a\xff", parcel{}, saga.ErrInvalidID, "UTF-8"},
			{
				"data over the limit", "Parcel", "1", parcel{Item: strings.Repeat("x", saga.MaxPayloadBytes)},
				saga.ErrInvalidData, "pass a reference",
			},
			{"data of the wrong type", "Parcel", "1", map[string]int{"Item": 1}, saga.ErrInvalidData, "saga_test.parcel"},
			{"data that is no object", "Parcel", "1", "lamp", saga.ErrInvalidData, "does not fit"},
			{"data that no JSON can hold", "Parcel", "1", func() {}, saga.ErrInvalidData, "unsupported type"},
			{"broken JSON", "Parcel", "1", json.RawMessage(`{`), saga.ErrInvalidData, "JSON"},
		} {
			created, err := o.Start(t.Context(), c.definition, c.id, c.data)
			require.ErrorIs(t, err, c.want, c.name)
			require.ErrorContains(t, err, c.text, c.name)
			require.False(t, created, c.name)
		}
		require.Zero(t, countTypes(t, store, ""))
		created, err := o.Start(t.Context(), "Parcel", strings.Repeat("ü", 100), parcel{})
		require.NoError(t, err, "the longest id is taken")
		require.True(t, created)
	})
}

func TestAStartSaysWhereTheSagaComesFrom(t *testing.T) {
	starting(t, func(t *testing.T, s *shop, store eventstore.Store, o *saga.Orchestrator) {
		_, err := o.StartWith(t.Context(), "Parcel", "1", parcel{}, saga.StartOptions{
			CorrelationID: "visit 7", CausationID: "click 9", Actor: "ann",
		})
		require.NoError(t, err)
		_, err = o.Start(t.Context(), "Parcel", "2", parcel{})
		require.NoError(t, err)
		synctest.Wait()
		for ref, want := range map[saga.Ref]eventstore.Metadata{
			parcelRef(1): {CorrelationID: "visit 7", CausationID: "click 9", Actor: "ann"},
			parcelRef(2): {CorrelationID: "Parcel/2", Actor: "orchestrator:main"},
		} {
			for ev, err := range store.ReadStream(t.Context(), ref.Stream(), 0, eventstore.Forwards) {
				require.NoError(t, err)
				meta, err := eventstore.ParseMetadata(ev.Metadata)
				require.NoError(t, err)
				require.Equal(t, want.CorrelationID, meta.CorrelationID, "every event carries the correlation")
				require.False(t, meta.At.IsZero())
				if ev.Type == saga.TypeSagaStarted {
					require.Equal(t, want.CausationID, meta.CausationID)
					require.Equal(t, want.Actor, meta.Actor)
				}
			}
		}
		s.verify(store)
	})
}

func TestAStartThatIsGivenUpMayHaveHappenedAndIsFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, inner := newShop(t), memory.New()
		slow := &hooked{Store: inner, appending: func(_ string, _ []eventstore.EventData,
			next func() (eventstore.AppendResult, error),
		) (eventstore.AppendResult, error) {
			time.Sleep(30 * time.Second)
			return next()
		}}
		p := s.run(slow)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.Start(ctx, "Parcel", "1", parcel{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		created, err := p.Start(t.Context(), "Parcel", "1", parcel{})
		require.NoError(t, err)
		require.False(t, created, "the first one had created it")
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State)
		p.stop()
		s.verify(inner)
	})
}

func TestAResultOverTheLimitIsAnErrorOfItsStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		big := func(context.Context, saga.Call[parcel]) (string, error) {
			return strings.Repeat("x", saga.MaxPayloadBytes), nil
		}
		keep := func(context.Context, saga.Call[parcel], *string) error { return saga.ErrNothingToCompensate }
		o, err := saga.New(saga.Config{Store: store, Definitions: []saga.AnyDefinition{saga.Definition[parcel]{
			Name: "Big", Version: 1, Steps: []saga.Step[parcel]{saga.Compensable("one", big, keep, saga.StepOptions{})},
		}}})
		require.NoError(t, err)
		p := runs(t, o)
		p.start(saga.Ref{Name: "Big", ID: "1"})
		end := p.rest(saga.Ref{Name: "Big", ID: "1"})
		require.Equal(t, saga.StateFailed, end.State)
		require.ErrorContains(t, end.Err, "return a reference")
		p.stop()
	})
}
