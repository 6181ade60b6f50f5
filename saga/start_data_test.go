package saga_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

// startedAgain starts a saga twice, and reports whether the second start was taken for the first.
func startedAgain(t require.TestingT, first, second []byte) bool {
	start := startOf(orderDef(), noon)
	start.Data = first
	inst := saga.NewInstance(start.Ref)
	events, err := inst.Decide(start)
	require.NoError(t, err)
	for _, event := range events {
		inst.Evolve(event)
	}
	start.Data = second
	events, err = inst.Decide(start)
	require.Empty(t, events, "there is one start")
	if err != nil {
		require.ErrorIs(t, err, saga.ErrStartedDifferently)
	}
	return err == nil
}

// Whether a start is the same as an earlier one does not depend on how its data is written.
func TestAStartIsTheSameHoweverItsDataIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := anyJSON(3).Draw(t, "data")
		var first, second bytes.Buffer
		writeJSON(t, &first, value)
		writeJSON(t, &second, value)
		require.True(t, startedAgain(t, first.Bytes(), second.Bytes()), "%s and %s", first.String(), second.String())
		third, err := json.Marshal(map[string]any{"": value})
		require.NoError(t, err)
		require.False(t, startedAgain(t, first.Bytes(), third), "%s and %s", first.String(), third)
	})
}

// anyJSON draws values of limited depth.
func anyJSON(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(), rapid.Int64().AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds, rapid.SliceOfN(anyJSON(depth-1), 0, 3).AsAny(),
			rapid.MapOfN(rapid.String(), anyJSON(depth-1), 0, 3).AsAny())
	}
	return rapid.OneOf(kinds...)
}

// writeJSON writes a value with white space and the members of objects in any order.
func writeJSON(t *rapid.T, b *bytes.Buffer, value any) {
	space := rapid.SampledFrom([]string{"", " ", "\n", "\t\r"})
	b.WriteString(space.Draw(t, "space"))
	switch v := value.(type) {
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(t, b, item)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, name := range rapid.Permutation(slices.Sorted(maps.Keys(v))).Draw(t, "order") {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(t, b, name)
			b.WriteByte(':')
			writeJSON(t, b, v[name])
		}
		b.WriteByte('}')
	default:
		text, err := json.Marshal(v)
		require.NoError(t, err)
		b.Write(text)
	}
	b.WriteString(space.Draw(t, "space"))
}

// FuzzSameStart: of any two texts, a start with the one is the same as a start with the other just when they are the same
// bytes, or both JSON that says the same; and so the other way round.
func FuzzSameStart(f *testing.F) {
	for _, pair := range [][2]string{
		{`{"a":1,"b":2}`, `{ "b":2, "a":1 }`}, {`1`, `1.0`}, {`{"a":1,"a":2}`, `{"a":2}`}, {`"\u0041"`, `"A"`}, {`{}`, `{} x`},
		{`{`, `{`}, {`null`, ``}, {`12345678901234567890`, `12345678901234567891`}, {`[]`, `{}`}, {`1e2`, `1E2`},
	} {
		f.Add([]byte(pair[0]), []byte(pair[1]))
	}
	canonical := func(text []byte) string {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber() // a number is what its digits say: large ones would else become equal
		var v any
		if decoder.Decode(&v) != nil {
			return ""
		}
		out, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(out)
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		same := bytes.Equal(first, second)
		if json.Valid(first) && json.Valid(second) {
			same = same || canonical(first) == canonical(second)
		}
		require.Equal(t, same, startedAgain(t, first, second))
		require.Equal(t, same, startedAgain(t, second, first))
	})
}
