package eventstore_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
)

type (
	paid     struct{ Cents int }
	refunded struct {
		Cents  int    `json:"cents"`
		Reason string `json:"reason,omitempty"`
	}
)

// byValue writes its own JSON from a value receiver, byPointer from a pointer receiver.
type (
	byValue   struct{ N int }
	byPointer struct{ N int }
)

func (v byValue) AppendJSON(dst []byte) ([]byte, error) {
	return append(strconv.AppendInt(append(dst, `{"own":`...), int64(v.N), 10), '}'), nil
}

func (v *byValue) DecodeJSON(data []byte) error { return decodeOwn(data, &v.N) }

func (v *byPointer) AppendJSON(dst []byte) ([]byte, error) {
	if v.N < 0 {
		return dst, errNegative
	}
	return byValue(*v).AppendJSON(dst)
}

func (v *byPointer) DecodeJSON(data []byte) error { return decodeOwn(data, &v.N) }

var (
	errNegative = errors.New("negative")
	errNotOwn   = errors.New("not its own JSON")
)

func decodeOwn(data []byte, n *int) error {
	var members map[string]int
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	var ok bool
	if *n, ok = members["own"]; !ok {
		return errNotOwn
	}
	return nil
}

func TestAnEventSurvivesTheRoundTrip(t *testing.T) {
	r := eventstore.NewRegistry()
	require.NoError(t, errors.Join(
		eventstore.Register[paid](r, "Paid"),
		eventstore.Register[refunded](r, "Refunded"),
		eventstore.Register[byValue](r, "ByValue"),
		eventstore.Register[byPointer](r, "ByPointer"),
	))
	for _, tc := range []struct {
		event      any
		name, data string
	}{
		{paid{5}, "Paid", `{"Cents":5}`},
		{refunded{Cents: 7, Reason: "late"}, "Refunded", `{"cents":7,"reason":"late"}`},
		{byValue{8}, "ByValue", `{"own":8}`},
		{byPointer{9}, "ByPointer", `{"own":9}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			encoded, err := r.Encode(tc.event)
			require.NoError(t, err)
			require.Equal(t, eventstore.Encoded{Type: tc.name, Data: []byte(tc.data), Schema: 1}, encoded)
			for _, schema := range []int{0, 1} {
				event, err := r.Decode(tc.name, schema, encoded.Data)
				require.NoError(t, err)
				require.Equal(t, tc.event, event)
			}
			buf, appended, err := r.AppendEncode([]byte("before"), tc.event)
			require.NoError(t, err)
			require.Equal(t, "before"+tc.data, string(buf))
			require.Equal(t, encoded, appended)
		})
	}
}

func TestAnEventThatCannotBeEncodedLeavesTheSliceAsItWas(t *testing.T) {
	r := eventstore.NewRegistry()
	require.NoError(t, errors.Join(
		eventstore.Register[byPointer](r, "ByPointer"),
		eventstore.Register[struct{ F func() }](r, "Func"),
	))
	buf, _, err := r.AppendEncode([]byte("before"), byPointer{-1})
	require.ErrorIs(t, err, errNegative)
	require.ErrorContains(t, err, `"ByPointer"`)
	require.Equal(t, "before", string(buf))
	_, err = r.Encode(struct{ F func() }{})
	require.Error(t, err)
}

func TestUnknownTypesAreNamed(t *testing.T) {
	r := eventstore.NewRegistry()
	require.NoError(t, eventstore.Register[paid](r, "Paid"))
	_, err := r.Decode("Lost", 1, []byte(`{}`))
	require.ErrorIs(t, err, eventstore.ErrUnknownType)
	var facts *eventstore.UnknownTypeError
	require.ErrorAs(t, err, &facts)
	require.Equal(t, "Lost", facts.Type)
	require.ErrorContains(t, err, `"Lost"`)

	for _, event := range []any{refunded{}, &paid{}, nil} {
		_, err = r.Encode(event)
		require.ErrorIs(t, err, eventstore.ErrUnknownType, "%T", event)
	}
	_, err = r.Encode(refunded{})
	require.ErrorContains(t, err, "eventstore_test.refunded")
}

func TestDataThatDoesNotFitIsAnError(t *testing.T) {
	r := eventstore.NewRegistry()
	require.NoError(t, errors.Join(eventstore.Register[paid](r, "Paid"), eventstore.Register[byValue](r, "ByValue")))
	for _, data := range []string{``, `{`, `{"Cents":"many"}`} {
		event, err := r.Decode("Paid", 1, []byte(data))
		require.ErrorContains(t, err, `"Paid"`, "%s", data)
		require.Nil(t, event)
	}
	_, err := r.Decode("ByValue", 1, []byte(`{"N":1}`))
	require.ErrorIs(t, err, errNotOwn)
}

func TestARegistrationThatClashesIsRefusedAndChangesNothing(t *testing.T) {
	r := eventstore.NewRegistry()
	require.NoError(t, eventstore.Register[paid](r, "Paid"))
	for _, tc := range []struct {
		name string
		err  error
		says string
	}{
		{"the name is taken", eventstore.Register[refunded](r, "Paid"), "eventstore_test.paid"},
		{"the type is taken", eventstore.Register[paid](r, "PaidAgain"), `registered as "Paid"`},
		{"a pointer", eventstore.Register[*refunded](r, "Refunded"), "plain type"},
		{"an interface", eventstore.Register[error](r, "Error"), "plain type"},
		{"no name", eventstore.Register[refunded](r, ""), "no event type"},
		{"a reserved name", eventstore.Register[refunded](r, "$Refunded"), "reserved"},
		{"a nil upcaster", eventstore.Register[refunded](r, "Refunded", nil), "upcaster 1 is nil"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.ErrorIs(t, tc.err, eventstore.ErrInvalid)
			require.ErrorContains(t, tc.err, tc.says)
		})
	}
	_, err := r.Encode(refunded{})
	require.ErrorIs(t, err, eventstore.ErrUnknownType)
	event, err := r.Decode("Paid", 1, []byte(`{"Cents":5}`))
	require.NoError(t, err)
	require.Equal(t, paid{5}, event)
}

func TestADecoderMayRememberWhatItHasRead(t *testing.T) {
	r, read := eventstore.NewRegistry(), map[string]paid{}
	decode := func(data []byte) (paid, error) {
		if _, known := read[string(data)]; !known {
			if string(data) == "none" {
				return paid{}, errNegative
			}
			read[string(data)] = paid{Cents: len(read) + 1}
		}
		return read[string(data)], nil
	}
	require.NoError(t, eventstore.RegisterDecoder(r, "Paid", decode))
	for _, data := range []string{"a", "b", "a"} {
		event, err := r.Decode("Paid", 1, []byte(data))
		require.NoError(t, err)
		require.Equal(t, read[data], event)
	}
	require.Equal(t, map[string]paid{"a": {Cents: 1}, "b": {Cents: 2}}, read)
	_, err := r.Decode("Paid", 1, []byte("none"))
	require.ErrorIs(t, err, errNegative)
	encoded, err := r.Encode(paid{Cents: 7})
	require.NoError(t, err)
	require.JSONEq(t, `{"Cents":7}`, string(encoded.Data))

	require.ErrorIs(t, eventstore.RegisterDecoder[refunded](r, "Refunded", nil), eventstore.ErrInvalid)
	require.ErrorIs(t, eventstore.RegisterDecoder(r, "Paid", decode), eventstore.ErrInvalid)
}

func TestOlderEventsAreUpcast(t *testing.T) {
	rename := func(from, to string) eventstore.Upcaster {
		return func(data json.RawMessage) (json.RawMessage, error) {
			var members map[string]json.RawMessage
			if err := json.Unmarshal(data, &members); err != nil {
				return nil, err
			}
			if _, ok := members[from]; !ok {
				return nil, errNotOwn
			}
			members[to] = members[from]
			delete(members, from)
			return json.Marshal(members)
		}
	}
	r := eventstore.NewRegistry()
	require.NoError(t, eventstore.Register[refunded](r, "Refunded", rename("pence", "amount"), rename("amount", "cents")))

	encoded, err := r.Encode(refunded{Cents: 5})
	require.NoError(t, err)
	require.Equal(t, 3, encoded.Schema)
	for schema, data := range map[int]string{0: `{"pence":5}`, 1: `{"pence":5}`, 2: `{"amount":5}`, 3: `{"cents":5}`} {
		event, err := r.Decode("Refunded", schema, []byte(data))
		require.NoError(t, err, "schema %d", schema)
		require.Equal(t, refunded{Cents: 5}, event, "schema %d", schema)
	}

	t.Run("an upcaster's error is named by its schema", func(t *testing.T) {
		_, err := r.Decode("Refunded", 2, []byte(`{"pence":5}`))
		require.ErrorIs(t, err, errNotOwn)
		require.ErrorContains(t, err, "from schema 2")
	})
	t.Run("an event of a newer program is refused", func(t *testing.T) {
		_, err := r.Decode("Refunded", 4, []byte(`{"cents":5}`))
		require.ErrorIs(t, err, eventstore.ErrNewerSchema)
		var facts *eventstore.NewerSchemaError
		require.ErrorAs(t, err, &facts)
		require.Equal(t, eventstore.NewerSchemaError{Type: "Refunded", Schema: 4, Known: 3}, *facts)
		require.ErrorContains(t, err, "schema 4, this program knows 3")
	})
}

func TestARegistryIsUsedConcurrently(t *testing.T) {
	r := eventstore.NewRegistry()
	require.NoError(t, errors.Join(eventstore.Register[paid](r, "Paid"), eventstore.Register[byPointer](r, "ByPointer")))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				encoded, err := r.Encode(byPointer{i*1000 + j})
				if err != nil {
					t.Error(err)
					return
				}
				event, err := r.Decode(encoded.Type, encoded.Schema, encoded.Data)
				if err != nil || event != any(byPointer{i*1000 + j}) {
					t.Errorf("got %v, %v", event, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
