package eventstore_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
)

func TestStreamNames(t *testing.T) {
	for _, name := range []string{
		"a-1", "saga:Order-1", "a--", "a-b-c", "konto-größe 7", "a-$x", "日本-1", "a-" + strings.Repeat("x", 510),
	} {
		require.NoError(t, eventstore.ValidateStreamName(name), "%q", name)
	}
	for _, name := range []string{
		"", "a", "-", "a-", "-1", "$a-1", "$$a-1", "a-\n", "a-\x00", "a-\x7f", "a-\u0085", "a-\xff", "é\xff-1",
		"a-" + strings.Repeat("x", 511),
	} {
		require.ErrorIs(t, eventstore.ValidateStreamName(name), eventstore.ErrInvalid, "%q", name)
	}
}

func TestTheCategoryEndsAtTheFirstDash(t *testing.T) {
	require.Equal(t, "saga:Order", eventstore.Category("saga:Order-a-7"))
	require.Equal(t, "plain", eventstore.Category("plain"))
}

func TestAppendsAreChecked(t *testing.T) {
	event := func(id byte) eventstore.EventData {
		return eventstore.EventData{ID: eventstore.EventID{id}, Type: "Paid"}
	}
	typed := func(name string) []eventstore.EventData {
		return []eventstore.EventData{{ID: eventstore.EventID{1}, Type: name}}
	}
	sized := func(n int) []eventstore.EventData {
		e := event(1)
		e.Data, e.Metadata = make([]byte, n/2), make([]byte, n-n/2-2*len(e.Type))
		return []eventstore.EventData{e}
	}
	for _, tc := range []struct {
		name     string
		stream   string
		expected eventstore.ExpectedRevision
		events   []eventstore.EventData
		want     error
	}{
		{"one event", "a-1", eventstore.NoStream, []eventstore.EventData{event(1)}, nil},
		{"two events", "a-1", eventstore.Exactly(7), []eventstore.EventData{event(1), event(2)}, nil},
		{"three events", "a-1", eventstore.Any, []eventstore.EventData{event(1), event(2), event(3)}, nil},
		{"as much as is allowed", "a-1", eventstore.StreamExists, sized(eventstore.MaxAppendBytes), nil},
		{"the longest type", "a-1", eventstore.NoStream, typed(strings.Repeat("x", 256)), nil},
		{"a byte too much", "a-1", eventstore.NoStream, sized(eventstore.MaxAppendBytes + 1), eventstore.ErrTooLarge},
		{"a bad stream", "a", eventstore.NoStream, []eventstore.EventData{event(1)}, eventstore.ErrInvalid},
		{"a bad expectation", "a-1", eventstore.Exactly(-2), []eventstore.EventData{event(1)}, eventstore.ErrInvalid},
		{"no events", "a-1", eventstore.NoStream, nil, eventstore.ErrInvalid},
		{"no id", "a-1", eventstore.NoStream, []eventstore.EventData{event(1), event(0)}, eventstore.ErrInvalid},
		{"an id twice in two", "a-1", eventstore.NoStream, []eventstore.EventData{event(1), event(1)}, eventstore.ErrInvalid},
		{"an id twice in three", "a-1", eventstore.NoStream,
			[]eventstore.EventData{event(1), event(2), event(1)}, eventstore.ErrInvalid},
		{"no type", "a-1", eventstore.NoStream, typed(""), eventstore.ErrInvalid},
		{"a reserved type", "a-1", eventstore.NoStream, typed("$x"), eventstore.ErrInvalid},
		{"a type of control characters", "a-1", eventstore.NoStream, typed("a\tb"), eventstore.ErrInvalid},
		{"a type that is too long", "a-1", eventstore.NoStream, typed(strings.Repeat("x", 257)), eventstore.ErrInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.ErrorIs(t, eventstore.ValidateAppend(tc.stream, tc.expected, tc.events), tc.want)
		})
	}
}
