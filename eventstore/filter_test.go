package eventstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
)

func TestAFilterChoosesByPrefix(t *testing.T) {
	streams := eventstore.Filter{StreamPrefixes: []string{"saga:", "account-7"}}
	types := eventstore.Filter{TypePrefixes: []string{"Step", "SagaStarted"}}
	for _, tc := range []struct {
		name         string
		filter       eventstore.Filter
		stream, kind string
		want         bool
	}{
		{"the zero filter takes everything", eventstore.Filter{}, "a-1", "Paid", true},
		{"the first stream prefix", streams, "saga:Order-1", "Paid", true},
		{"the second stream prefix, which is no whole id", streams, "account-77", "Paid", true},
		{"another stream", streams, "account-8", "Paid", false},
		{"a prefix in the middle", streams, "my-saga:Order", "Paid", false},
		{"a stream shorter than the prefix", streams, "saga", "Paid", false},
		{"the case counts", streams, "Saga:Order-1", "Paid", false},
		{"a type prefix", types, "a-1", "StepFailed", true},
		{"a whole type", types, "a-1", "SagaStarted", true},
		{"another type", types, "a-1", "SagaFailed", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.NoError(t, tc.filter.Validate())
			require.Equal(t, tc.want, tc.filter.Match(tc.stream, tc.kind))
		})
	}
	require.True(t, eventstore.Filter{}.IsZero())
	require.False(t, streams.IsZero())
	require.False(t, types.IsZero())
	require.True(t, types.MatchStream("any-stream"), "it is about types alone")
	require.False(t, streams.MatchStream("account-8"))
}

func TestAFilterOfBothKindsOrWithAnEmptyPrefixIsInvalid(t *testing.T) {
	for _, f := range []eventstore.Filter{
		{StreamPrefixes: []string{"a"}, TypePrefixes: []string{"B"}},
		{StreamPrefixes: []string{"a", ""}},
		{TypePrefixes: []string{""}},
	} {
		require.ErrorIs(t, f.Validate(), eventstore.ErrInvalid, "%v", f)
	}
}

// A filter chooses what one that compares letter by letter chooses.
func TestAFilterAgreesWithANaiveOne(t *testing.T) {
	word := rapid.StringMatching(`[ab:é-]{1,4}`)
	begins := func(s string, prefixes []string) bool {
		for _, p := range prefixes {
			same := len(p) <= len(s)
			for i := 0; same && i < len(p); i++ {
				same = s[i] == p[i]
			}
			if same {
				return true
			}
		}
		return len(prefixes) == 0
	}
	rapid.Check(t, func(t *rapid.T) {
		var f eventstore.Filter
		prefixes := rapid.SliceOfN(word, 0, 3).Draw(t, "prefixes")
		if rapid.Bool().Draw(t, "by type") {
			f.TypePrefixes = prefixes
		} else {
			f.StreamPrefixes = prefixes
		}
		require.NoError(t, f.Validate())
		require.Equal(t, len(prefixes) == 0, f.IsZero())
		stream, kind := word.Draw(t, "stream"), word.Draw(t, "type")
		require.Equal(t, begins(stream, f.StreamPrefixes) && begins(kind, f.TypePrefixes), f.Match(stream, kind))
		require.Equal(t, begins(stream, f.StreamPrefixes), f.MatchStream(stream))
	})
}
