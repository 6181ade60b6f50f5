package eventstore

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Upcaster turns the JSON of an event from one schema version into the next. It is pure, and must not change its
// argument.
type Upcaster func(json.RawMessage) (json.RawMessage, error)

// JSONAppender is implemented, on T or *T, by event types that write their own JSON: hot ones, to go without
// reflection. AppendJSON appends one JSON value to dst and returns the extended slice.
type JSONAppender interface {
	AppendJSON(dst []byte) ([]byte, error)
}

// JSONDecoder is implemented, on *T, by event types that read their own JSON. The receiver is a zero T. DecodeJSON may
// keep parts of data and must not change it. It has to read what earlier programs wrote with the same schema version,
// members in any order and unknown members included.
type JSONDecoder interface {
	DecodeJSON(data []byte) error
}

// codec is one registered type.
type codec struct {
	name      string
	goType    reflect.Type
	upcasters []Upcaster
	append    func(dst []byte, event any) ([]byte, error)
	decode    func(data []byte) (any, error)
}

func (c *codec) schema() int { return 1 + len(c.upcasters) }

// upcast brings data from an older schema version to the newest.
func (c *codec) upcast(schema int, data json.RawMessage) (json.RawMessage, error) {
	for ; schema < c.schema(); schema++ {
		var err error
		if data, err = c.upcasters[schema-1](data); err != nil {
			return nil, fmt.Errorf("upcast an event of type %q from schema %d: %w", c.name, schema, err)
		}
	}
	return data, nil
}

func newCodec[T any](name string, decode func([]byte) (T, error), upcasters []Upcaster) *codec {
	return &codec{
		name:      name,
		goType:    reflect.TypeFor[T](),
		upcasters: append([]Upcaster(nil), upcasters...),
		append:    appender[T](),
		decode:    func(data []byte) (any, error) { return decode(data) },
	}
}

func appender[T any]() func([]byte, any) ([]byte, error) {
	if _, ok := any(*new(T)).(JSONAppender); ok {
		return func(dst []byte, event any) ([]byte, error) { return event.(JSONAppender).AppendJSON(dst) }
	}
	if _, ok := any(new(T)).(JSONAppender); ok {
		return func(dst []byte, event any) ([]byte, error) {
			value := event.(T)
			return any(&value).(JSONAppender).AppendJSON(dst)
		}
	}
	return func(dst []byte, event any) ([]byte, error) {
		data, err := json.Marshal(event)
		return append(dst, data...), err
	}
}

func decoder[T any]() func([]byte) (T, error) {
	if _, ok := any(new(T)).(JSONDecoder); ok {
		return func(data []byte) (T, error) {
			value := new(T)
			err := any(value).(JSONDecoder).DecodeJSON(data)
			return *value, err
		}
	}
	return func(data []byte) (T, error) {
		value := new(T)
		err := json.Unmarshal(data, value)
		return *value, err
	}
}
