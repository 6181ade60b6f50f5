package eventstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// Registry says which event type name stands for which Go type, and turns events into JSON and back. Names are given
// explicitly, so that a Go type can be renamed or moved without losing history. A registry belongs to the program that
// made it; there is no global one. Register everything first: after that all methods may be called concurrently, but
// not together with Register.
type Registry struct {
	byName map[string]*codec
	byType map[reflect.Type]*codec
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	return &Registry{byName: map[string]*codec{}, byType: map[reflect.Type]*codec{}}
}

// Encoded is an event ready to be stored, apart from its id and metadata.
type Encoded struct {
	Type   string
	Data   []byte
	Schema int // the version of Data's form: the newest that is registered
}

// Errors of a Registry to branch on with errors.Is.
var (
	// ErrUnknownType: no event type is registered by that name or for that Go type. See UnknownTypeError.
	ErrUnknownType = errors.New("unknown event type")
	// ErrNewerSchema: the event was written by a newer program. See NewerSchemaError.
	ErrNewerSchema = errors.New("newer schema")
)

// UnknownTypeError carries the facts of an ErrUnknownType: one of its fields is set.
type UnknownTypeError struct {
	Type   string       // the name asked for
	GoType reflect.Type // the type of the event to encode, nil for a nil event
}

func (e *UnknownTypeError) Error() string {
	if e.Type != "" {
		return fmt.Sprintf("event type %q is not registered", e.Type)
	}
	return fmt.Sprintf("no event type is registered for %v", e.GoType)
}

// Is makes errors.Is(err, ErrUnknownType) true.
func (e *UnknownTypeError) Is(target error) bool { return target == ErrUnknownType }

// NewerSchemaError carries the facts of an ErrNewerSchema.
type NewerSchemaError struct {
	Type   string
	Schema int // of the stored event
	Known  int // the newest that this program knows
}

func (e *NewerSchemaError) Error() string {
	return fmt.Sprintf("event of type %q has schema %d, this program knows %d: use a newer version of it",
		e.Type, e.Schema, e.Known)
}

// Is makes errors.Is(err, ErrNewerSchema) true.
func (e *NewerSchemaError) Is(target error) bool { return target == ErrNewerSchema }

// Register makes name stand for T in r. The schema version of T is 1 + len(upcasters): upcaster k, counted from 1, turns
// data of version k into version k+1, so a new version is made by adding an upcaster at the end, never by changing one.
// T is a plain value type, not a pointer and not an interface. A name or a Go type that is registered already, and a
// name that no store accepts, give ErrInvalid and change nothing.
func Register[T any](r *Registry, name string, upcasters ...Upcaster) error {
	return register(r, name, decoder[T](), upcasters)
}

// RegisterDecoder is Register for a type whose decoding has something to remember, such as values that many events share.
// decode reads what a JSONDecoder has to read, and is called concurrently. A decode that is nil gives ErrInvalid.
func RegisterDecoder[T any](r *Registry, name string, decode func(data []byte) (T, error), upcasters ...Upcaster) error {
	if decode == nil {
		return fmt.Errorf("register %v as %q: decode is nil: %w", reflect.TypeFor[T](), name, ErrInvalid)
	}
	return register(r, name, decode, upcasters)
}

func register[T any](r *Registry, name string, decode func([]byte) (T, error), upcasters []Upcaster) error {
	goType := reflect.TypeFor[T]()
	fail := func(format string, args ...any) error {
		return fmt.Errorf("register %v as %q: %s: %w", goType, name, fmt.Sprintf(format, args...), ErrInvalid)
	}
	if err := validateType(name); err != nil {
		return fmt.Errorf("register %v: %w", goType, err)
	}
	if kind := goType.Kind(); kind == reflect.Pointer || kind == reflect.Interface {
		return fail("it is a %s, register the plain type", kind)
	}
	if other, dup := r.byName[name]; dup {
		return fail("the name stands for %v", other.goType)
	}
	if other, dup := r.byType[goType]; dup {
		return fail("the type is registered as %q", other.name)
	}
	for i, up := range upcasters {
		if up == nil {
			return fail("upcaster %d is nil", i+1)
		}
	}
	c := newCodec(name, decode, upcasters)
	r.byName[name], r.byType[goType] = c, c
	return nil
}

// Encode returns the type name, JSON and schema version of an event, whose Go type must be registered (T itself, not
// *T). The data is a slice of its own.
func (r *Registry) Encode(event any) (Encoded, error) {
	_, encoded, err := r.AppendEncode(nil, event)
	return encoded, err
}

// AppendEncode is Encode into a slice of the caller: it appends the JSON to dst and returns the extended slice; the Data
// of the result is the part that was appended.
func (r *Registry) AppendEncode(dst []byte, event any) ([]byte, Encoded, error) {
	c, ok := r.byType[reflect.TypeOf(event)]
	if !ok {
		return dst, Encoded{}, &UnknownTypeError{GoType: reflect.TypeOf(event)}
	}
	out, err := c.append(dst, event)
	if err != nil {
		return dst, Encoded{}, fmt.Errorf("encode an event of type %q: %w", c.name, err)
	}
	return out, Encoded{Type: c.name, Data: out[len(dst):len(out):len(out)], Schema: c.schema()}, nil
}

// Decode returns the event that data of that type and schema version stands for, as a value of the registered type (T,
// never *T), upcast to its newest version. A schema of 0 means 1. The event may share data, so the caller must not change
// it afterwards. Errors: ErrUnknownType, ErrNewerSchema, and whatever the upcasters or the JSON decoder report.
func (r *Registry) Decode(typeName string, schema int, data []byte) (any, error) {
	c, ok := r.byName[typeName]
	if !ok {
		return nil, &UnknownTypeError{Type: typeName}
	}
	schema = max(schema, 1)
	if newest := c.schema(); schema != newest {
		if schema > newest {
			return nil, &NewerSchemaError{Type: typeName, Schema: schema, Known: newest}
		}
		var err error
		if data, err = c.upcast(schema, json.RawMessage(data)); err != nil {
			return nil, err
		}
	}
	event, err := c.decode(data)
	if err != nil {
		return nil, fmt.Errorf("decode an event of type %q: %w", typeName, err)
	}
	return event, nil
}
