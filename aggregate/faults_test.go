package aggregate_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
)

// faulty is a store whose appends go through a hook and whose reads can be altered.
type faulty struct {
	eventstore.Store
	// appending may store through next, or not, and answers in its place. n counts the calls, from 1.
	appending func(n int, next func() (eventstore.AppendResult, error)) (eventstore.AppendResult, error)
	// reading alters what is read; false leaves the event out.
	reading func(ev *eventstore.RecordedEvent) bool

	calls []call
}

// call is one append as the store saw it.
type call struct {
	stream   string
	expected eventstore.ExpectedRevision
	events   []eventstore.EventData
}

func (f *faulty) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	f.calls = append(f.calls, call{stream, expected, copied(events)})
	next := func() (eventstore.AppendResult, error) { return f.Store.Append(ctx, stream, expected, events...) }
	if f.appending == nil {
		return next()
	}
	return f.appending(len(f.calls), next)
}

func (f *faulty) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for ev, err := range f.Store.ReadStream(ctx, stream, from, dir) {
			if err == nil && f.reading != nil && !f.reading(&ev) {
				continue
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

func copied(events []eventstore.EventData) []eventstore.EventData {
	out := slices.Clone(events)
	for i := range out {
		out[i].Data, out[i].Metadata = slices.Clone(out[i].Data), slices.Clone(out[i].Metadata)
	}
	return out
}

// ids returns the event ids of all calls, in order.
func (f *faulty) ids() (ids []eventstore.EventID) {
	for _, c := range f.calls {
		for _, e := range c.events {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

type accounts = aggregate.Repository[*Account, Command, Event]

// open returns a repository over a faulty memory store. The config may be changed first.
func open(t testing.TB, change ...func(*aggregate.Config[*Account])) (*accounts, *faulty) {
	t.Helper()
	registry, err := NewRegistry()
	require.NoError(t, err)
	store := &faulty{Store: memory.New()}
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	cfg := aggregate.Config[*Account]{Store: store, Registry: registry, Category: "account", New: NewAccount}
	for _, f := range change {
		f(&cfg)
	}
	repository, err := aggregate.NewRepository(cfg)
	require.NoError(t, err)
	return repository, store
}

func execute(t testing.TB, repository *accounts, id string, commands ...Command) aggregate.Result {
	t.Helper()
	var result aggregate.Result
	for _, command := range commands {
		var err error
		result, err = repository.Execute(t.Context(), id, command, aggregate.Envelope{})
		require.NoError(t, err)
	}
	return result
}

// history returns what the store beneath holds of a stream.
func (f *faulty) history(t testing.TB, stream string) (events []eventstore.RecordedEvent) {
	t.Helper()
	for ev, err := range f.Store.ReadStream(t.Context(), stream, 0, eventstore.Forwards) {
		require.NoError(t, err)
		events = append(events, ev)
	}
	return events
}
