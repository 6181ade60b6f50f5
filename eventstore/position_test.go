package eventstore_test

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
)

func TestPositionsAreOrderedByTheirPartsInTurn(t *testing.T) {
	ordered := []eventstore.Position{
		{}, eventstore.NewPosition(0, 1), eventstore.NewPosition(0, 1<<64-1), eventstore.NewPosition(1, 0),
		eventstore.NewPosition(1, 1), eventstore.NewPosition(1<<64-1, 0), eventstore.NewPosition(1<<64-1, 1<<64-1),
	}
	for i, p := range ordered {
		for j, q := range ordered {
			want := 0
			switch {
			case i < j:
				want = -1
			case i > j:
				want = 1
			}
			require.Equal(t, want, p.Compare(q), "%s and %s", p, q)
			require.Equal(t, want > 0, p.After(q), "%s and %s", p, q)
		}
		require.Equal(t, i == 0, p.IsZero())
	}
}

func TestAPositionSurvivesAsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := eventstore.NewPosition(rapid.Uint64().Draw(t, "major"), rapid.Uint64().Draw(t, "minor"))
		text, err := json.Marshal(p)
		require.NoError(t, err)
		var got eventstore.Position
		require.NoError(t, json.Unmarshal(text, &got))
		require.Equal(t, p, got)
		major, minor := got.Parts()
		require.Equal(t, p, eventstore.NewPosition(major, minor))
	})
}

// The order of positions is that of the 128-bit numbers which their parts make, and stays so through their texts.
func TestPositionsAreOrderedLikeTheNumbersThatTheyAre(t *testing.T) {
	number := func(p eventstore.Position) *big.Int {
		major, minor := p.Parts()
		n := new(big.Int).SetUint64(major)
		return n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(minor))
	}
	part := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 3), rapid.Uint64Range(math.MaxUint64-2, math.MaxUint64))
	rapid.Check(t, func(t *rapid.T) {
		var positions [2]eventstore.Position
		for i := range positions {
			p := eventstore.NewPosition(part.Draw(t, "major"), part.Draw(t, "minor"))
			text, err := p.MarshalText()
			require.NoError(t, err)
			require.NoError(t, positions[i].UnmarshalText(text))
			require.Equal(t, p, positions[i])
		}
		p, q := positions[0], positions[1]
		want := number(p).Cmp(number(q))
		require.Equal(t, want, p.Compare(q))
		require.Equal(t, -want, q.Compare(p))
		require.Equal(t, want > 0, p.After(q))
		require.Equal(t, want == 0, p == q)
		require.Equal(t, number(p).Sign() == 0, p.IsZero())
		require.False(t, p.Since(q) > 0 && want < 0, "what is before is not ahead")
	})
}

func TestAPositionHasOneTextForm(t *testing.T) {
	require.Equal(t, "12/34", eventstore.NewPosition(12, 34).String())
	for _, text := range []string{
		"", "/", "1", "1/", "/1", "01/0", "1/00", "+1/0", "-1/0", " 1/0", "1/0 ", "1/0/0", "1_0/0", "0x1/0",
		"18446744073709551616/0", "one/two",
	} {
		kept := eventstore.NewPosition(7, 7)
		require.ErrorIs(t, kept.UnmarshalText([]byte(text)), eventstore.ErrInvalid, "%q", text)
		require.Equal(t, eventstore.NewPosition(7, 7), kept, "a failed read changes nothing")
	}
}

// FuzzPositionText: a text is refused and changes nothing, or is read as the one position that is written so.
func FuzzPositionText(f *testing.F) {
	for _, seed := range []string{"0/0", "1/2", "18446744073709551615/18446744073709551615", "01/1", "1/", "/"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var p eventstore.Position
		if err := p.UnmarshalText(text); err != nil {
			require.ErrorIs(t, err, eventstore.ErrInvalid)
			require.True(t, p.IsZero())
			return
		}
		again, err := p.MarshalText()
		require.NoError(t, err)
		require.Equal(t, text, again)
	})
}
