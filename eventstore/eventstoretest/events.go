package eventstoretest

import (
	"fmt"
	"iter"

	"github.com/skaldgo/skald/eventstore"
)

// Event returns an event with a fresh id and no metadata. It panics when the system has no randomness.
func Event(eventType, data string) eventstore.EventData {
	id, err := eventstore.NewEventID()
	if err != nil {
		panic(err)
	}
	return eventstore.EventData{ID: id, Type: eventType, Data: []byte(data)}
}

// Events returns n events of one type with fresh ids, data {"n":0}, {"n":1}, … and metadata {"actor":"test"}.
func Events(n int, eventType string) []eventstore.EventData {
	events := make([]eventstore.EventData, n)
	for i := range events {
		events[i] = Event(eventType, fmt.Sprintf(`{"n":%d}`, i))
		events[i].Metadata = []byte(`{"actor":"test"}`)
	}
	return events
}

// Collect runs an iterator to its end and returns what it yielded, and the error if it ended with one. A subscription has
// no end: collect one only with a context that ends.
func Collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for v, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}
