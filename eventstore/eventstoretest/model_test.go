package eventstoretest_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// stores are those that need no server.
func stores(t *testing.T) map[string]eventstore.Store {
	file, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "events.db")})
	require.NoError(t, err)
	all := map[string]eventstore.Store{"memory": memory.New(), "sqlite": file}
	t.Cleanup(func() {
		for _, store := range all {
			require.NoError(t, store.Close())
		}
	})
	return all
}

func TestAStoreDoesWhatAListPerStreamWouldDo(t *testing.T) {
	for name, store := range stores(t) {
		t.Run(name, func(t *testing.T) {
			rounds, did := 0, map[string]int{}
			rapid.Check(t, func(t *rapid.T) {
				rounds++
				m := newModel(t, store, fmt.Sprint("r", rounds))
				for range rapid.IntRange(1, 25).Draw(t, "calls") {
					did[m.append()]++
				}
				m.requireSame()
				for range 5 {
					m.readStream()
					m.readAll()
				}
			})
			for _, outcome := range []string{"appended", "repeated", "conflict", "invalid"} {
				require.NotZero(t, did[outcome], "nothing was ever %s", outcome)
			}
		})
	}
}

// call is an append that was made, with what it led to.
type call struct {
	stream   string
	expected eventstore.ExpectedRevision
	events   []eventstore.EventData
	result   eventstore.AppendResult
}

// model is what a store must do, as a list of all events. The store may hold other streams from earlier rounds: all of the
// model's begin alike, and come after its beginning.
type model struct {
	t         *rapid.T
	store     eventstore.Store
	prefix    string
	beginning eventstore.Position
	log       []eventstore.RecordedEvent
	calls     []call
}

func newModel(t *rapid.T, store eventstore.Store, prefix string) *model {
	m := &model{t: t, store: store, prefix: prefix}
	for ev, err := range store.ReadAll(context.Background(), m.beginning, eventstore.Backwards, eventstore.Filter{}) {
		require.NoError(t, err)
		m.beginning = ev.Position
		break
	}
	return m
}

func (m *model) anyStream() string {
	return m.prefix + rapid.SampledFrom([]string{"a-1", "a-2", "ab-1", "b-x-y", "b-X-y"}).Draw(m.t, "stream")
}

func (m *model) of(stream string) (events []eventstore.RecordedEvent) {
	for _, ev := range m.log {
		if ev.Stream == stream {
			events = append(events, ev)
		}
	}
	return events
}

// append makes one call, new or repeated, and says what it must lead to.
func (m *model) append() string {
	if len(m.calls) > 0 && rapid.IntRange(0, 4).Draw(m.t, "repeat") == 0 {
		again := rapid.SampledFrom(m.calls).Draw(m.t, "call")
		result, err := m.store.Append(context.Background(), again.stream, again.expected, again.events...)
		require.NoError(m.t, err)
		require.Equal(m.t, again.result.Revision, result.Revision)
		if !result.Position.IsZero() {
			require.Equal(m.t, again.result.Position, result.Position)
		}
		return "repeated"
	}
	c := call{stream: m.anyStream()}
	for range rapid.IntRange(1, 3).Draw(m.t, "events") {
		kind := rapid.SampledFrom([]string{"Paid", "PaidBack", "Lost"}).Draw(m.t, "type")
		c.events = append(c.events, eventstoretest.Event(kind, rapid.StringMatching(`\{"n":[0-9]{1,3}\}`).Draw(m.t, "data")))
	}
	head := int64(len(m.of(c.stream))) - 1
	c.expected = rapid.SampledFrom([]eventstore.ExpectedRevision{
		eventstore.Exactly(head), eventstore.Exactly(head), eventstore.Exactly(head - 1), eventstore.Exactly(head + 1),
		eventstore.NoStream, eventstore.Any, eventstore.StreamExists, eventstore.Exactly(-7),
	}).Draw(m.t, "expected")
	revision, exact := c.expected.Revision()
	result, err := m.store.Append(context.Background(), c.stream, c.expected, c.events...)
	switch {
	case !c.expected.Valid():
		require.ErrorIs(m.t, err, eventstore.ErrInvalid)
		return "invalid"
	case exact && revision != head, c.expected == eventstore.StreamExists && head < 0:
		var facts *eventstore.ConflictError
		require.ErrorAs(m.t, err, &facts)
		require.Equal(m.t, eventstore.ConflictError{Stream: c.stream, Expected: c.expected, Actual: head}, *facts)
		return "conflict"
	}
	require.NoError(m.t, err)
	require.Equal(m.t, head+int64(len(c.events)), result.Revision)
	for i, ev := range c.events {
		m.log = append(m.log, eventstore.RecordedEvent{
			ID: ev.ID, Type: ev.Type, Stream: c.stream, Revision: head + 1 + int64(i), Data: ev.Data,
		})
	}
	c.result = result
	if exact {
		m.calls = append(m.calls, c)
	}
	return "appended"
}

// requireSame demands that the store holds the events of the model in its order, and takes over what only the store knows.
func (m *model) requireSame() {
	mine := eventstore.Filter{StreamPrefixes: []string{m.prefix}}
	got, err := eventstoretest.Collect(m.store.ReadAll(context.Background(), m.beginning, eventstore.Forwards, mine))
	require.NoError(m.t, err)
	require.Len(m.t, got, len(m.log))
	last := m.beginning
	for i, ev := range got {
		require.True(m.t, ev.Position.After(last), "positions grow")
		last = ev.Position
		m.log[i].Position, m.log[i].RecordedAt = ev.Position, ev.RecordedAt
	}
	m.same(m.log, got)
}

func (m *model) same(want, got []eventstore.RecordedEvent) {
	require.Len(m.t, got, len(want))
	for i := range want {
		got[i].Metadata = nil // there is none, which a store may give back as an empty slice
		require.Equal(m.t, want[i], got[i])
	}
}

func (m *model) readStream() {
	stream, backwards := m.anyStream(), rapid.Bool().Draw(m.t, "backwards")
	from := rapid.Int64Range(0, 12).Draw(m.t, "from")
	want, direction := m.of(stream), eventstore.Forwards
	exists := len(want) > 0
	want = slices.DeleteFunc(want, func(ev eventstore.RecordedEvent) bool {
		return backwards && ev.Revision > from || !backwards && ev.Revision < from
	})
	if backwards {
		direction = eventstore.Backwards
		slices.Reverse(want)
	}
	got, err := eventstoretest.Collect(m.store.ReadStream(context.Background(), stream, from, direction))
	if !exists {
		require.ErrorIs(m.t, err, eventstore.ErrStreamNotFound)
		return
	}
	require.NoError(m.t, err)
	m.same(want, got)
}

// readAll reads a part of the log through a filter, and compares it with a filter that looks at every letter.
func (m *model) readAll() {
	some := func(of ...string) []string { return rapid.SliceOfN(rapid.SampledFrom(of), 1, 3).Draw(m.t, "prefixes") }
	f := eventstore.Filter{StreamPrefixes: []string{m.prefix}}
	switch rapid.IntRange(0, 2).Draw(m.t, "filter") {
	case 0:
		f.StreamPrefixes = some(m.prefix+"a", m.prefix+"a-", m.prefix+"ab-1", m.prefix+"b-x", m.prefix+"zz")
	case 1:
		f = eventstore.Filter{TypePrefixes: some("Paid", "PaidBack", "L", "paid", "PaidBacked")}
	}
	after := append([]eventstore.Position{m.beginning}, positions(m.log)...)
	from := rapid.SampledFrom(after).Draw(m.t, "from")
	backwards := rapid.Bool().Draw(m.t, "backwards")
	var want []eventstore.RecordedEvent
	for _, ev := range m.log {
		chosen := startsWithAny(ev.Stream, f.StreamPrefixes) && startsWithAny(ev.Type, f.TypePrefixes)
		if c := ev.Position.Compare(from); chosen && (backwards && c < 0 || !backwards && c > 0) {
			want = append(want, ev)
		}
	}
	direction := eventstore.Forwards
	if backwards {
		direction = eventstore.Backwards
		slices.Reverse(want)
	}
	var got []eventstore.RecordedEvent
	if !backwards || !from.IsZero() { // from the zero position backwards begins at the head
		for ev, err := range m.store.ReadAll(context.Background(), from, direction, f) {
			require.NoError(m.t, err)
			if !ev.Position.After(m.beginning) {
				break
			}
			got = append(got, ev)
		}
	}
	m.same(want, got)
}

func positions(log []eventstore.RecordedEvent) (all []eventstore.Position) {
	for _, ev := range log {
		all = append(all, ev.Position)
	}
	return all
}

// startsWithAny compares letter by letter; no prefixes let everything through.
func startsWithAny(s string, prefixes []string) bool {
	return len(prefixes) == 0 || slices.ContainsFunc(prefixes, func(p string) bool {
		return len(s) >= len(p) && strings.Compare(s[:len(p)], p) == 0
	})
}
