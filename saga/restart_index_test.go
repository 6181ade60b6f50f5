package saga_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// counted counts the events that a restart reads of the whole log.
type counted struct {
	eventstore.Store
	read atomic.Int64
}

func (c *counted) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for ev, err := range c.Store.ReadAll(ctx, after, dir, f) {
			c.read.Add(1)
			if !yield(ev, err) {
				return
			}
		}
	}
}

// put appends events of one type, in appends of up to 1,000, to a stream that may hold some already.
func put(t testing.TB, store eventstore.Store, stream, eventType string, data ...string) {
	t.Helper()
	next := eventstore.NoStream
	for ev, err := range store.ReadStream(t.Context(), stream, 1<<62, eventstore.Backwards) {
		if err == nil {
			next = eventstore.Exactly(ev.Revision)
		}
		break
	}
	for len(data) > 0 {
		n := min(len(data), 1000)
		events := make([]eventstore.EventData, n)
		for i := range events {
			id, err := eventstore.NewEventID()
			require.NoError(t, err)
			events[i] = eventstore.EventData{ID: id, Type: eventType, Data: []byte(data[i]), Metadata: []byte(`{}`)}
		}
		result, err := store.Append(t.Context(), stream, next, events...)
		require.NoError(t, err)
		next, data = eventstore.Exactly(result.Revision), data[n:]
	}
}

// grow lets the log grow by so much that the restart index is written anew, by what an operator might have done to a
// saga of someone else.
func grow(t testing.TB, store eventstore.Store) {
	t.Helper()
	put(t, store, "saga:Noise-1", saga.TypeStepRedriven, strings.Split(strings.Repeat("{},", 2000), ",")[:2000]...)
}

// records returns the events of a restart index.
func records(t testing.TB, store eventstore.Store, name string) (chunks []saga.OpenSagasRecorded) {
	t.Helper()
	for ev, err := range store.ReadStream(t.Context(), saga.IndexStream(name), 0, eventstore.Forwards) {
		if err != nil {
			require.ErrorIs(t, err, eventstore.ErrStreamNotFound)
			return nil
		}
		require.Less(t, len(ev.Data), 256<<10, "a chunk stays under 256 KiB")
		var chunk saga.OpenSagasRecorded
		require.NoError(t, json.Unmarshal(ev.Data, &chunk))
		chunks = append(chunks, chunk)
	}
	return chunks
}

// harbour makes a log with sagas in every condition, some begun before the index was written and some after it: parked,
// waiting, set aside, of an unknown name, and ended.
func harbour(t *testing.T, s *shop, store eventstore.Store) {
	s.set(action("mail"), always(refuses))
	s.set(action("pay"), always(fails))
	elsewhere := s.open(store)
	begin := func(ref saga.Ref) {
		_, err := elsewhere.Start(t.Context(), ref.Name, ref.ID, parcel{Item: "lamp " + ref.ID})
		require.NoError(t, err)
	}
	p := s.run(store)
	endedLater := map[string]string{"before": saga.TypeSagaStarted, "after": saga.TypeSagaFailed}
	for _, when := range []string{"before", "after"} {
		for i := range 5 {
			p.start(ticketRef(fmt.Sprint(when, i))) // parks
			begin(parcelRef(fmt.Sprint(when, "-failed", i)))
			put(t, store, saga.Ref{Name: "Foreign", ID: fmt.Sprint(when, i)}.Stream(), saga.TypeSagaStarted, `{}`)
			put(t, store, saga.Ref{Name: "Foreign", ID: fmt.Sprint("ended", i)}.Stream(), endedLater[when], `{}`)
			put(t, store, parcelRef(fmt.Sprint(when, "-unreadable", i)).Stream(), saga.TypeSagaStarted, `{"plan":7}`)
		}
		time.Sleep(time.Hour)
		for i := range 5 {
			p.start(parcelRef(fmt.Sprint(when, "-waiting", i)))
		}
		synctest.Wait()
		if when == "before" {
			require.Empty(t, records(t, store, "main"))
			grow(t, store)
			synctest.Wait()
			require.Len(t, records(t, store, "main"), 1)
		}
	}
	p.stop()
}

// sight is what an orchestrator sees of a harbour after its restart.
func sight(t *testing.T, s *shop, store eventstore.Store, name string) (seen saga.Status, read int64) {
	t.Helper()
	c := &counted{Store: store}
	p := s.run(c, func(c *saga.Config) { c.Name = name })
	synctest.Wait()
	seen = p.Status(t.Context())
	p.stop()
	return seen, c.read.Load()
}

// damage is what happened to the index of a harbour.
type damage struct {
	name string
	do   func(t *testing.T, store eventstore.Store, head eventstore.Position)
	full bool // the whole log has to be read
}

// appended is damage by events that were appended to an index.
func appended(index string, data func(head eventstore.Position) []string,
) func(*testing.T, eventstore.Store, eventstore.Position) {
	return func(t *testing.T, store eventstore.Store, head eventstore.Position) {
		put(t, store, saga.IndexStream(index), saga.TypeOpenSagasRecorded, data(head)...)
	}
}

func chunkOf(position eventstore.Position, n int, last bool) string {
	data, err := json.Marshal(saga.OpenSagasRecorded{Position: position, Chunk: n, Last: last})
	if err != nil {
		panic(err)
	}
	return string(data)
}

func damagesOfTheIndex() []damage {
	text := func(s string) func(eventstore.Position) []string {
		return func(eventstore.Position) []string { return []string{s} }
	}
	return []damage{
		{"as it is", func(*testing.T, eventstore.Store, eventstore.Position) {}, false},
		{"a record that was cut off is ignored", appended("main", func(head eventstore.Position) []string {
			return []string{chunkOf(head, 0, false), chunkOf(head, 1, false)}
		}), false},
		{"the index of another name is ignored", appended("other", func(head eventstore.Position) []string {
			return []string{chunkOf(head, 0, true)}
		}), false},
		{"a record that is no JSON", appended("main", text(`{"last":true`)), true},
		{"a record of another shape", appended("main", text(`{"last":true,"chunk":"x"}`)), true},
		{"a record with a position that is none", appended("main", text(`{"last":true,"position":"somewhere"}`)), true},
		{"a record whose first chunk is missing", appended("main", func(head eventstore.Position) []string {
			return []string{chunkOf(head, 1, true)}
		}), true},
		{"a record with a chunk missing in its middle", appended("main", func(head eventstore.Position) []string {
			return []string{chunkOf(head, 0, false), chunkOf(head, 2, true)}
		}), true},
	}
}

func TestARestartFromTheIndexSeesWhatAFullScanSees(t *testing.T) {
	for _, d := range damagesOfTheIndex() {
		t.Run(d.name, func(t *testing.T) { synctest.Test(t, d.check) })
	}
}

func (d damage) check(t *testing.T) {
	s, store := newShop(t), memory.New()
	harbour(t, s, store)
	var head eventstore.Position
	for ev, err := range store.ReadAll(t.Context(), head, eventstore.Backwards, eventstore.Filter{}) {
		require.NoError(t, err)
		head = ev.Position
		break
	}
	d.do(t, store, head)
	want, all := sight(t, s, store, "fresh")
	require.Len(t, want.Untouched, 10, "those of another name that have not ended")
	require.Len(t, want.SetAside, 10)
	require.Equal(t, 10, want.Parked)
	require.Equal(t, 15, want.InHand, "and five that wait for a retry")
	got, read := sight(t, s, store, "main")
	require.Equal(t, want.Untouched, got.Untouched)
	require.Equal(t, want.SetAside, got.SetAside)
	require.Equal(t, want.Parked, got.Parked)
	require.Equal(t, want.InHand, got.InHand)
	if d.full {
		require.Greater(t, read, all-10)
	} else {
		require.Less(t, read, all/10, "only the tail is read")
	}
	requireGoesOn(t, s, store)
}

// requireGoesOn lets an orchestrator write the next record and bring every saga of a harbour to its end.
func requireGoesOn(t *testing.T, s *shop, store eventstore.Store) {
	t.Helper()
	s.heal()
	before := indexEvents(t, store)
	p := s.run(store)
	synctest.Wait()
	grow(t, store)
	synctest.Wait()
	grow(t, store) // had the first record met a revision that it did not expect, the second one knows it
	synctest.Wait()
	require.Greater(t, indexEvents(t, store), before, "the next record is written behind whatever is there")
	for i := range 5 {
		require.Equal(t, saga.StateFailed, p.rest(parcelRef(fmt.Sprint("before-waiting", i))).State)
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(fmt.Sprint("after-waiting", i))).State)
		for _, when := range []string{"before", "after"} {
			ref := ticketRef(fmt.Sprint(when, i))
			require.Equal(t, saga.StateCompleted, p.redrive(ref, p.rest(ref)).State)
		}
	}
	p.stop()
}

func indexEvents(t *testing.T, store eventstore.Store) (n int) {
	t.Helper()
	for _, err := range store.ReadStream(t.Context(), saga.IndexStream("main"), 0, eventstore.Forwards) {
		require.NoError(t, err)
		n++
	}
	return n
}
