package saga_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

func TestTheStreamOfASagaNamesIt(t *testing.T) {
	ref := saga.Ref{Name: "Order", ID: "a-b/c-1"}
	require.Equal(t, "saga:Order-a-b/c-1", ref.Stream())
	require.Equal(t, "late:Order-a-b/c-1", ref.LateStream())
	require.Equal(t, "Order/a-b/c-1", ref.String())
	parsed, isSaga := saga.ParseStream(ref.Stream())
	require.True(t, isSaga)
	require.Equal(t, ref, parsed)
	for _, other := range []string{"", "saga:", "saga:-1", "saga:Order", "saga:Order-", "late:Order-1", "order-1", "$x-1", "saga-1"} {
		_, isSaga := saga.ParseStream(other)
		require.False(t, isSaga, other)
	}
}

func TestARefSaysWhatIsWrongWithIt(t *testing.T) {
	require.NoError(t, saga.Ref{Name: strings.Repeat("n", saga.MaxNameBytes), ID: strings.Repeat("i", saga.MaxIDBytes)}.Validate())
	require.NoError(t, saga.Ref{Name: "a_B.9", ID: "order 7/ä–✓"}.Validate())
	for _, id := range []string{"", strings.Repeat("i", saga.MaxIDBytes+1), "a\nb", "\x00", "\xff", "a\u0085"} {
		require.ErrorIs(t, saga.Ref{Name: "Order", ID: id}.Validate(), saga.ErrInvalidID, "%q", id)
	}
	for _, name := range []string{"", strings.Repeat("n", saga.MaxNameBytes+1), "a-b", "a b", "a/b", "a:b", "ä", "a\x00"} {
		require.Error(t, saga.Ref{Name: name, ID: "1"}.Validate(), "%q", name)
	}
}

func TestNoTwoCompensationsOrActionsShareAnIdempotencyKey(t *testing.T) {
	type identity struct {
		ref        saga.Ref
		step       string
		direction  saga.Direction
		generation int
	}
	name := rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "action", "compensation", "2"}), rapid.StringMatching(`[a-c0-3_.]{1,4}`))
	id := rapid.OneOf(
		rapid.SampledFrom([]string{"1", "1/a", "1/a/action", "1/a/compensation", "1/a/compensation/2", "2", "/", "a/"}),
		rapid.StringMatching(`[a/1-3]{1,6}`))
	one := rapid.Custom(func(t *rapid.T) identity {
		return identity{
			ref: saga.Ref{Name: name.Draw(t, "name"), ID: id.Draw(t, "id")}, step: name.Draw(t, "step"),
			direction:  saga.Direction(rapid.IntRange(0, 1).Draw(t, "direction")),
			generation: rapid.IntRange(0, 3).Draw(t, "generation"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		keys := map[string]identity{}
		for _, is := range rapid.SliceOfN(one, 2, 30).Draw(t, "identities") {
			key := saga.IdempotencyKey(is.ref, is.step, is.direction, is.generation)
			if other, taken := keys[key]; taken {
				require.Equal(t, other, is, "both have the key %q", key)
			}
			keys[key] = is
		}
	})
}

func TestEverySagaIsFoundByTheNameOfItsStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref := saga.Ref{
			Name: rapid.StringMatching(`[A-Za-z0-9_.]{1,100}`).Draw(t, "name"),
			ID:   rapid.StringOfN(rapid.Rune(), 1, 100, saga.MaxIDBytes).Draw(t, "id"),
		}
		if ref.Validate() != nil {
			return
		}
		require.NoError(t, eventstore.ValidateStreamName(ref.Stream()))
		require.NoError(t, eventstore.ValidateStreamName(ref.LateStream()))
		parsed, isSaga := saga.ParseStream(ref.Stream())
		require.True(t, isSaga)
		require.Equal(t, ref, parsed)
		parsed, isLate := saga.ParseLateStream(ref.LateStream())
		require.True(t, isLate)
		require.Equal(t, ref, parsed)
		_, isSaga = saga.ParseStream(ref.LateStream())
		_, isLate = saga.ParseLateStream(ref.Stream())
		require.False(t, isSaga || isLate, "no stream is of both kinds")
	})
}

// FuzzStreamOfSaga: whatever a stream is called, it is that of one saga and of no other, or of none.
func FuzzStreamOfSaga(f *testing.F) {
	for _, name := range []string{"", "saga:Order-7", "late:Order-7", "saga:-7", "saga:Order-", "saga:a:b--", "saga:\xff-\x00", "-"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		ref, isSaga := saga.ParseStream(stream)
		late, isLate := saga.ParseLateStream(stream)
		require.False(t, isSaga && isLate)
		switch {
		case isSaga:
			require.Equal(t, stream, ref.Stream())
		case isLate:
			require.Equal(t, stream, late.LateStream())
		}
		if valid := isSaga && ref.Validate() == nil; valid {
			require.NoError(t, eventstore.ValidateStreamName(stream), "a saga that can be is in a stream that can be")
		}
	})
}
