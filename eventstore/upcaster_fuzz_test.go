package eventstore_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
)

// verbatim keeps its JSON as it comes, and takes nothing that is none.
type verbatim struct{ text string }

func (v verbatim) AppendJSON(dst []byte) ([]byte, error) { return append(dst, v.text...), nil }

func (v *verbatim) DecodeJSON(data []byte) error {
	if !json.Valid(data) {
		return errNotJSON
	}
	v.text = string(data)
	return nil
}

var (
	errNotJSON   = errors.New("no JSON")
	errNoUpcast  = errors.New("no way up")
	errNoMembers = errors.New("no object")
)

// onMembers makes an upcaster of what is done to the members of an object.
func onMembers(do func(map[string]json.RawMessage)) eventstore.Upcaster {
	return func(data json.RawMessage) (json.RawMessage, error) {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(data, &members); err != nil || members == nil {
			return nil, errNoMembers
		}
		do(members)
		return json.Marshal(members)
	}
}

// everyUpcaster holds one of each sort that programs have.
func everyUpcaster() []eventstore.Upcaster {
	return []eventstore.Upcaster{
		func(data json.RawMessage) (json.RawMessage, error) { return data, nil },
		func(data json.RawMessage) (json.RawMessage, error) {
			return append(append(json.RawMessage(`{"old":`), data...), '}'), nil
		},
		onMembers(func(m map[string]json.RawMessage) { m["cents"] = m["pence"]; delete(m, "pence") }),
		onMembers(func(m map[string]json.RawMessage) { m["currency"] = json.RawMessage(`"NOK"`) }),
		onMembers(func(m map[string]json.RawMessage) { clear(m) }),
		func(json.RawMessage) (json.RawMessage, error) { return nil, errNoUpcast },
		func(json.RawMessage) (json.RawMessage, error) { return json.RawMessage(`{"half":`), nil },
	}
}

// FuzzUpcasters holds chains of upcasters, over any bytes, to this: an event of any version becomes what its upcasters make
// of it one after the other, and so what a program makes of it that is one version behind and hands it on; their errors
// come through, with the version at which they arose; a version from the future is refused by name, and no upcaster is
// asked; and what is stored is never changed.
func FuzzUpcasters(f *testing.F) {
	f.Add([]byte{2, 3}, 1, []byte(`{"pence":5}`))
	f.Add([]byte{1, 2, 3, 4}, 2, []byte(`{"pence":5,"pence":6}`))
	f.Add([]byte{5}, 1, []byte(`null`))
	f.Add([]byte{0, 6, 3}, 0, []byte(`{}`))
	f.Add([]byte{3}, 3, []byte(`{}`))
	f.Add([]byte{}, -7, []byte("\xff"))
	all := everyUpcaster()
	f.Fuzz(func(t *testing.T, chain []byte, schema int, data []byte) {
		var upcasters []eventstore.Upcaster
		asked := 0
		for _, which := range chain[:min(len(chain), 8)] {
			up := all[int(which)%len(all)]
			upcasters = append(upcasters, func(data json.RawMessage) (json.RawMessage, error) {
				asked++
				return up(data)
			})
		}
		newest, kept := len(upcasters)+1, bytes.Clone(data)
		r := eventstore.NewRegistry()
		require.NoError(t, eventstore.Register[verbatim](r, "Paid", upcasters...))
		event, err := r.Decode("Paid", schema, data)
		require.Equal(t, kept, data, "what is stored stays as it is")
		if schema > newest {
			var facts *eventstore.NewerSchemaError
			require.ErrorAs(t, err, &facts)
			require.Equal(t, eventstore.NewerSchemaError{Type: "Paid", Schema: schema, Known: newest}, *facts)
			require.Zero(t, asked)
			return
		}
		want, step := json.RawMessage(data), max(schema, 1)
		var errWant error
		for ; step < newest && errWant == nil; step++ {
			want, errWant = upcasters[step-1](want)
		}
		switch {
		case errWant != nil:
			require.ErrorIs(t, err, errWant)
			require.ErrorContains(t, err, "from schema "+string(rune('0'+step-1)))
		case !json.Valid(want):
			require.ErrorIs(t, err, errNotJSON)
			require.ErrorContains(t, err, `"Paid"`)
		default:
			require.NoError(t, err)
			require.Equal(t, verbatim{string(want)}, event)
			encoded, err := r.Encode(event)
			require.NoError(t, err)
			require.Equal(t, newest, encoded.Schema, "what is written is of the newest version")
			again, err := r.Decode("Paid", encoded.Schema, encoded.Data)
			require.NoError(t, err)
			require.Equal(t, event, again)
		}
		if max(schema, 1) < newest {
			requireHandedOn(t, upcasters, max(schema, 1), data, event, err)
		}
	})
}

// requireHandedOn takes one step by hand and leaves the rest to the registry.
func requireHandedOn(t *testing.T, upcasters []eventstore.Upcaster, schema int, data []byte, event any, err error) {
	r := eventstore.NewRegistry()
	require.NoError(t, eventstore.Register[verbatim](r, "Paid", upcasters...))
	next, errStep := upcasters[schema-1](data)
	if errStep != nil {
		require.Error(t, err)
		return
	}
	got, errGot := r.Decode("Paid", schema+1, next)
	require.Equal(t, event, got)
	require.Equal(t, err == nil, errGot == nil)
}

// FuzzEventID: an id has two texts, with dashes and without, and no other text is an id.
func FuzzEventID(f *testing.F) {
	for _, text := range []string{
		"01934e2f-0000-7000-8000-000000000001", "01934e2f000070008000000000000001", "{01934e2f-0000-7000-8000-000000000001}",
		"urn:uuid:01934e2f-0000-7000-8000-000000000001", "01934E2F-0000-7000-8000-00000000000A", "0193-4e2f0000-7000-8000-000000000001", "",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		kept := eventstore.EventID{7}
		id := kept
		if err := id.UnmarshalText(text); err != nil {
			require.ErrorIs(t, err, eventstore.ErrInvalid)
			require.Equal(t, kept, id, "a failed read changes nothing")
			return
		}
		canonical := id.String()
		plain := bytes.ReplaceAll([]byte(canonical), []byte("-"), nil)
		lower := bytes.ToLower(text)
		require.True(t, bytes.Equal(lower, []byte(canonical)) || bytes.Equal(lower, plain), "%q was read as %s", text, canonical)
		var again eventstore.EventID
		require.NoError(t, again.UnmarshalText([]byte(canonical)))
		require.Equal(t, id, again)
	})
}
