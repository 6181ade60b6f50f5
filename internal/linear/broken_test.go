package linear_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
)

// appending is Append without a context.
type appending func(stream string, expected eventstore.ExpectedRevision, events []eventstore.EventData) (eventstore.AppendResult, error)

// broken is a store that does something wrong once in a while.
type broken struct {
	eventstore.Store
	append appending
	read   func(whole []eventstore.RecordedEvent) []eventstore.RecordedEvent
}

func (b *broken) Append(_ context.Context, stream string, expected eventstore.ExpectedRevision, events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	return b.append(stream, expected, events)
}

func (b *broken) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	if b.read == nil || dir == eventstore.Backwards {
		return b.Store.ReadStream(ctx, stream, from, dir)
	}
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		events, err := eventstoretest.Collect(b.Store.ReadStream(ctx, stream, from, dir))
		for _, e := range b.read(events) {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(eventstore.RecordedEvent{}, err)
		}
	}
}

// onceInAWhile is true for one in thirty calls.
func onceInAWhile() func() bool {
	var mu sync.Mutex
	calls := 0
	return func() bool {
		mu.Lock()
		defer mu.Unlock()
		calls++
		return calls%30 == 0
	}
}

// defects are by what the store does wrong. Each gets the way to append well.
func defects() map[string]func(b *broken, well appending) {
	now := onceInAWhile()
	return map[string]func(*broken, appending){
		"acknowledges without storing": func(b *broken, well appending) {
			b.append = func(stream string, expected eventstore.ExpectedRevision, events []eventstore.EventData) (eventstore.AppendResult, error) {
				if after, _ := expected.Revision(); now() {
					return eventstore.AppendResult{Revision: after + int64(len(events))}, nil
				}
				return well(stream, expected, events)
			}
		},
		"forgets the expected revision": func(b *broken, well appending) {
			b.append = func(stream string, expected eventstore.ExpectedRevision, events []eventstore.EventData) (eventstore.AppendResult, error) {
				result, err := well(stream, expected, events)
				if errors.Is(err, eventstore.ErrConflict) && now() {
					return well(stream, eventstore.Any, events)
				}
				return result, err
			}
		},
		"refuses what it stored": func(b *broken, well appending) {
			b.append = func(stream string, expected eventstore.ExpectedRevision, events []eventstore.EventData) (eventstore.AppendResult, error) {
				result, err := well(stream, expected, events)
				if err == nil && now() {
					return eventstore.AppendResult{}, eventstore.ErrUnavailable
				}
				return result, err
			}
		},
		"stores twice": func(b *broken, well appending) {
			b.append = func(stream string, expected eventstore.ExpectedRevision, events []eventstore.EventData) (eventstore.AppendResult, error) {
				result, err := well(stream, expected, events)
				if err == nil && now() {
					_, err = well(stream, eventstore.Any, events)
				}
				return result, err
			}
		},
		"serves a stale read": func(b *broken, _ appending) {
			b.read = func(whole []eventstore.RecordedEvent) []eventstore.RecordedEvent {
				if now() {
					return whole[:max(0, len(whole)-2)]
				}
				return whole
			}
		},
	}
}

func onMemory(t *testing.T, spoil func(*broken, appending)) *run {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	well := func(stream string, expected eventstore.ExpectedRevision, events []eventstore.EventData) (eventstore.AppendResult, error) {
		return store.Append(t.Context(), stream, expected, events...)
	}
	b := &broken{Store: store, append: well}
	spoil(b, well)
	r := newRun(7)
	r.store = func(int) eventstore.Store { return b }
	require.NoError(t, r.drive(t.Context()))
	return r
}

func TestAStoreThatIsNotLinearizableIsFound(t *testing.T) {
	for name, spoil := range defects() {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, porcupine.Illegal, onMemory(t, spoil).check())
		})
	}
}

func TestTheStoreInMemoryIsLinearizable(t *testing.T) {
	onMemory(t, func(*broken, appending) {}).require(t)
}

func TestAnUnknownOutcomeMayComeTrueLaterOrNever(t *testing.T) {
	a, b := list("").with(1), list("").with(2)
	lost := porcupine.Operation{Call: 1, Return: 1 << 62, Input: call{expected: -1, ids: a}, Output: answer{outcome: unknown}}
	reads := func(at int64, ids list) porcupine.Operation {
		return porcupine.Operation{Call: at, Return: at + 1, Input: call{}, Output: answer{outcome: read, ids: ids}}
	}
	won := porcupine.Operation{Call: 10, Return: 11, Input: call{expected: -1, ids: b}, Output: answer{outcome: stored}}
	for name, c := range map[string]struct {
		history []porcupine.Operation
		want    bool
	}{
		"at once":            {[]porcupine.Operation{lost, reads(4, a)}, true},
		"later":              {[]porcupine.Operation{lost, reads(4, ""), reads(8, a)}, true},
		"never":              {[]porcupine.Operation{lost, reads(4, ""), won, reads(12, b)}, true},
		"not twice":          {[]porcupine.Operation{lost, reads(4, a+a)}, false},
		"not undone":         {[]porcupine.Operation{lost, reads(4, a), reads(8, "")}, false},
		"not with a loser":   {[]porcupine.Operation{lost, reads(4, a), won}, false},
		"not before it came": {[]porcupine.Operation{reads(-4, a), lost}, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, porcupine.CheckOperations(model(), c.history), fmt.Sprint(c.history))
		})
	}
}
