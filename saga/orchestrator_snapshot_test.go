package saga_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
	"github.com/skaldgo/skald/saga/verify/verifytest"
)

// patience is a definition whose step is tried for a very long time.
func patience(ask func(context.Context, saga.Call[goods]) (string, error)) saga.Definition[goods] {
	return define("Patience", compensable("reserve", saga.StepOptions{}), saga.Compensable("ask", ask,
		func(context.Context, saga.Call[goods], *string) error { return nil },
		saga.StepOptions{Retry: saga.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 1, MaximumAttempts: 1_000_000}}))
}

var patient = saga.Ref{Name: "Patience", ID: "7"}

// askInVain makes a saga of nearly so many events, as an orchestrator would, whose step waits for its next attempt.
func askInVain(t *testing.T, store eventstore.Store, count int, now time.Time) {
	t.Helper()
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	repo, err := aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](aggregate.Config[*saga.Instance]{
		Store: store, Registry: registry, Category: saga.Category(patient.Name),
		New: func(id string) *saga.Instance { return saga.NewInstance(saga.Ref{Name: patient.Name, ID: id}) },
	})
	require.NoError(t, err)
	inst, head := saga.NewInstance(patient), aggregate.NewHead(patient.Stream())
	tell := func(command saga.Command) {
		events, err := inst.Decide(command)
		require.NoError(t, err)
		if room := count - 1 - int(inst.Revision()); len(events) > room {
			return
		}
		head, err = repo.Append(t.Context(), head, events, aggregate.Envelope{At: now})
		require.NoError(t, err)
		for _, event := range events {
			inst.Evolve(event)
		}
	}
	start := startOf(patience(nil), now)
	start.Ref = patient
	tell(start)
	tell(saga.RecordOutcome{Now: now, Step: "reserve", Attempt: 1, Outcome: ok(`r`), Go: true})
	for attempt := 1; inst.Revision() < int64(count)-3; attempt++ {
		tell(saga.RecordOutcome{Now: now, Step: "ask", Attempt: attempt, Outcome: failed})
		now = now.Add(time.Second)
		tell(saga.Proceed{Now: now})
	}
}

// counting is a store that counts the events of sagas that are read.
type counting struct {
	eventstore.Store
	read atomic.Int64
}

func (c *counting) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for ev, err := range c.Store.ReadStream(ctx, stream, from, dir) {
			if strings.HasPrefix(stream, "saga:") {
				c.read.Add(1)
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

// looking returns an orchestrator that does not run, over a store that counts, and what it logs.
func looking(t *testing.T, store eventstore.Store, change ...func(*saga.Config)) (*saga.Orchestrator, *counting, *bytes.Buffer) {
	t.Helper()
	counts, logged := &counting{Store: store}, new(bytes.Buffer)
	cfg := saga.Config{
		Store:  counts,
		Logger: slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	cfg.Definitions = []saga.AnyDefinition{patience(func(context.Context, saga.Call[goods]) (string, error) { return "", nil })}
	for _, f := range change {
		f(&cfg)
	}
	o, err := saga.New(cfg)
	require.NoError(t, err)
	return o, counts, logged
}

func TestG25ALongSagaIsLoadedFromItsSnapshot(t *testing.T) {
	store := memory.New()
	askInVain(t, store, 2_000, noon)
	never, _, _ := looking(t, store, func(c *saga.Config) { c.SnapshotEvery = -1 })
	whole, err := never.Load(t.Context(), patient.Name, patient.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"saga:Patience-7"}, streamsOf(t, store))

	o, counts, logged := looking(t, store)
	for _, most := range []int64{2_000, 100} {
		counts.read.Store(0)
		loaded, err := o.Load(t.Context(), patient.Name, patient.ID)
		require.NoError(t, err)
		require.Equal(t, whole, loaded)
		require.LessOrEqual(t, counts.read.Load(), most)
	}
	require.Empty(t, logged.String())
	require.NoError(t, o.Cancel(t.Context(), patient.Name, patient.ID, "ann", "enough", whole.Revision()))
	require.LessOrEqual(t, counts.read.Load(), int64(200))
	requireUndisturbed(t, store)
}

// streamsOf lists the streams of a log.
func streamsOf(t *testing.T, store eventstore.Store) (names []string) {
	t.Helper()
	seen := map[string]bool{}
	for ev, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		require.NoError(t, err)
		if !seen[ev.Stream] {
			seen[ev.Stream] = true
			names = append(names, ev.Stream)
		}
	}
	return names
}

// putSnapshot appends a snapshot to the stream of those of a saga, in the form of the last one there.
func putSnapshot(t *testing.T, store *memory.Store, change func(form map[string]any)) {
	t.Helper()
	stream := aggregate.SnapshotPrefix + patient.Stream()
	var last eventstore.RecordedEvent
	for ev, err := range store.ReadStream(t.Context(), stream, 0, eventstore.Forwards) {
		require.NoError(t, err)
		last = ev
	}
	var form map[string]any
	require.NoError(t, json.Unmarshal(last.Data, &form))
	change(form)
	data, err := json.Marshal(form)
	require.NoError(t, err)
	id, err := eventstore.NewEventID()
	require.NoError(t, err)
	_, err = store.Append(t.Context(), stream, eventstore.Exactly(last.Revision),
		eventstore.EventData{ID: id, Type: last.Type, Data: data, Metadata: []byte("{}")})
	require.NoError(t, err)
}

func TestASagaWithASnapshotThatDoesNotFitIsLoadedAllTheSame(t *testing.T) {
	for name, change := range map[string]func(form map[string]any){
		"damaged":  func(form map[string]any) { form["state"].(map[string]any)["active"] = 0 },
		"of old":   func(form map[string]any) { form["revision"] = 3 },
		"no state": func(form map[string]any) { form["state"] = "asleep" },
		"no form":  clearForm,
	} {
		t.Run(name, func(t *testing.T) {
			store := memory.New()
			askInVain(t, store, 700, noon)
			o, _, logged := looking(t, store)
			whole, err := o.Load(t.Context(), patient.Name, patient.ID)
			require.NoError(t, err)
			putSnapshot(t, store, change)
			loaded, err := o.Load(t.Context(), patient.Name, patient.ID)
			require.NoError(t, err)
			require.Equal(t, whole, loaded)
			require.Contains(t, logged.String(), "a snapshot cannot be used")
		})
	}
}

func clearForm(form map[string]any) { clear(form) }

// A saga that runs has snapshots saved as it grows, and whoever takes it over begins with them.
func TestG25ASagaThatRunsForLongIsKeptAndGoneOnWithFromItsSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		calls := 0
		ask := func(context.Context, saga.Call[goods]) (string, error) {
			if calls++; calls < 150 {
				return "", errors.New("not yet")
			}
			return "at last", nil
		}
		every := func(c *saga.Config) {
			c.SnapshotEvery, c.Definitions = 100, []saga.AnyDefinition{patience(ask)}
		}
		first, _, logged := looking(t, store, every)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- first.Run(ctx) }()
		synctest.Wait()
		_, err := first.Start(t.Context(), patient.Name, patient.ID, goods{})
		require.NoError(t, err)
		time.Sleep(100 * time.Second)
		stop()
		require.NoError(t, <-ended)
		require.Len(t, eventTypes(t, store, "snapshot:saga:Patience-7"), 3, "one for each hundred events")

		second, counts, _ := looking(t, store, every)
		ctx, stop = context.WithCancel(t.Context())
		go func() { ended <- second.Run(ctx) }()
		synctest.Wait()
		require.Less(t, counts.read.Load(), int64(200))
		end, err := second.Wait(t.Context(), patient.Name, patient.ID)
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, end.State)
		stop()
		require.NoError(t, <-ended)
		require.Equal(t, 150, calls)
		require.Empty(t, logged.String())
		requireUndisturbed(t, store)
	})
}

// requireUndisturbed demands that a log with snapshots keeps every rule, and can be sealed and compared with its seal when
// it has grown.
func requireUndisturbed(t *testing.T, store eventstore.Store) {
	t.Helper()
	eventstoretest.Check(t, store)
	verifytest.Check(t, store)
	seal, err := verify.MakeSeal(t.Context(), store, noon)
	require.NoError(t, err)
	put(t, store, "snapshot:saga:Patience-7", "AggregateSnapshot", `{}`)
	verifytest.CheckWith(t, store, verify.Config{Seal: seal})
}
