package aggregate

import (
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// DecodeEvent turns a stored event into a value of E, upcast to the newest schema version that the registry knows. It
// does not look at the hash. Every error is a *DecodeError. The event may share the data of ev.
func DecodeEvent[E any](registry *eventstore.Registry, ev eventstore.RecordedEvent) (E, error) {
	return decodeEvent[E](registry, &ev)
}

func decodeEvent[E any](registry *eventstore.Registry, ev *eventstore.RecordedEvent) (event E, err error) {
	schema, err := eventstore.SchemaOf(ev.Metadata)
	if err == nil {
		var value any
		if value, err = registry.Decode(ev.Type, schema, ev.Data); err == nil {
			var ok bool
			if event, ok = value.(E); ok {
				return event, nil
			}
			err = fmt.Errorf("it is a %T, which is no event of this aggregate", value)
		}
	}
	return event, &DecodeError{Stream: ev.Stream, Revision: ev.Revision, Type: ev.Type, Err: err}
}
