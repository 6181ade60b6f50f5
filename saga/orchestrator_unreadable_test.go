package saga_test

import (
	"bytes"
	"context"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// altered is a store whose disk has changed one word in the events of one stream.
type altered struct {
	eventstore.Store
	stream string
	on     atomic.Bool
}

func (a *altered) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for ev, err := range a.Store.ReadStream(ctx, stream, from, dir) {
			if stream == a.stream && a.on.Load() {
				ev.Data = bytes.ReplaceAll(ev.Data, []byte("reserve"), []byte("reverse"))
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

// appendForeign appends an event to a saga's stream that Skald did not write.
func appendForeign(t testing.TB, store eventstore.Store, ref saga.Ref, eventType, data string) {
	t.Helper()
	appendOfSchema(t, store, ref, eventType, data, `{}`)
}

func appendOfSchema(t testing.TB, store eventstore.Store, ref saga.Ref, eventType, data, metadata string) {
	t.Helper()
	revision := int64(len(eventTypes(t, store, ref.Stream()))) - 1
	id, err := eventstore.NewEventID()
	require.NoError(t, err)
	_, err = store.Append(t.Context(), ref.Stream(), eventstore.Exactly(revision), eventstore.EventData{
		ID: id, Type: eventType, Data: []byte(data), Metadata: []byte(metadata),
	})
	require.NoError(t, err)
}

// damages are the ways in which one stream can become unreadable.
var damages = []struct {
	name, reason string
	damage       func(t testing.TB, store *altered, ref saga.Ref)
}{
	{"an unknown type of event", "NoteTaken", func(t testing.TB, store *altered, ref saga.Ref) {
		appendForeign(t, store, ref, "NoteTaken", `{}`)
	}},
	{"an event of a newer schema", "has schema 9", func(t testing.TB, store *altered, ref saga.Ref) {
		appendOfSchema(t, store, ref, "StepCompleted", `{"step":"pay","attempt":1}`, `{"schema":9}`)
	}},
	{"an event that does not decode", "StepCompleted", func(t testing.TB, store *altered, ref saga.Ref) {
		appendForeign(t, store, ref, "StepCompleted", `{"step":7}`)
	}},
	{"an event that cannot follow", "lamp", func(t testing.TB, store *altered, ref saga.Ref) {
		appendForeign(t, store, ref, "StepCompleted", `{"step":"lamp","attempt":1}`)
	}},
	{"an altered event", "chain", func(_ testing.TB, store *altered, _ saga.Ref) { store.on.Store(true) }},
}

func requireSetAside(t *testing.T, p *process, ref saga.Ref, reason string) {
	t.Helper()
	st := p.Status(t.Context())
	require.Len(t, st.SetAside, 1)
	require.Equal(t, ref, st.SetAside[0].Ref)
	require.Contains(t, st.SetAside[0].Reason, reason)
	_, err := p.Load(t.Context(), ref.Name, ref.ID)
	require.ErrorIs(t, err, saga.ErrSetAside)
	_, err = p.Wait(t.Context(), ref.Name, ref.ID)
	require.ErrorIs(t, err, saga.ErrSetAside)
	require.ErrorIs(t, p.Redrive(t.Context(), ref.Name, ref.ID, "ann", "please", 3), saga.ErrSetAside)
	_, err = p.Start(t.Context(), ref.Name, ref.ID, parcel{Item: "lamp 1"})
	require.ErrorIs(t, err, saga.ErrSetAside)
}

func TestG24AnUnreadableStreamSetsThatSagaAsideAndNoOther(t *testing.T) {
	ref, other := parcelRef(1), parcelRef(2)
	for _, c := range damages {
		t.Run(c.name+" found at a restart", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := newShop(t), &altered{Store: memory.New(), stream: ref.Stream()}
				s.set(action("pay"), first(hangs))
				p := s.run(store)
				p.start(ref)
				p.start(other)
				synctest.Wait()
				p.stop()
				c.damage(t, store, ref)
				events := len(eventTypes(t, store, ref.Stream()))
				p = s.run(store)
				require.Equal(t, saga.StateCompleted, p.rest(other).State)
				requireSetAside(t, p, ref, c.reason)
				p.stop()
				require.Len(t, eventTypes(t, store, ref.Stream()), events, "nothing more is written to it")
			})
		})
		t.Run(c.name+" found by a conflict while it runs", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := newShop(t), &altered{Store: memory.New(), stream: ref.Stream()}
				s.set(action("pay"), first(takes(30*time.Second, succeeds)))
				p := s.run(store)
				p.start(ref)
				p.start(other)
				synctest.Wait()
				c.damage(t, store, ref)
				if store.on.Load() { // let it be looked at
					appendForeign(t, store, ref, saga.TypeStepRetryScheduled, `{"step":"pay","attempt":2}`)
				}
				require.Equal(t, saga.StateCompleted, p.rest(other).State)
				synctest.Wait()
				requireSetAside(t, p, ref, c.reason)
				require.Zero(t, p.Status(t.Context()).InHand)
				p.stop()
			})
		})
	}
}

func TestASagaThatIsReadableAgainGoesOnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ref := parcelRef(1)
		s, store := newShop(t), &altered{Store: memory.New(), stream: ref.Stream()}
		_, err := s.open(store).Start(t.Context(), ref.Name, ref.ID, parcel{Item: "lamp 1"})
		require.NoError(t, err)
		store.on.Store(true)
		p := s.run(store)
		synctest.Wait()
		requireSetAside(t, p, ref, "chain")
		p.stop()
		store.on.Store(false)
		p = s.run(store)
		require.Equal(t, saga.StateCompleted, p.rest(ref).State)
		p.stop()
		s.verify(store.Store)
	})
}
