package eventstoretest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
)

func TestASeedGivesTheSameOrderOfAllCasesAgain(t *testing.T) {
	store := memory.New()
	defer func() { require.NoError(t, store.Close()) }()
	names := func(groups []group) (list []string) {
		for _, g := range groups {
			for _, c := range g.cases {
				list = append(list, g.name+"/"+c.name)
			}
		}
		return list
	}
	declared := names(groups(store))
	one, other := names(shuffled(groups(store), 1)), names(shuffled(groups(store), 2))
	require.False(t, slices.Equal(declared, one))
	require.False(t, slices.Equal(one, other))
	for range 10 {
		require.True(t, slices.Equal(one, names(shuffled(groups(store), 1))))
	}
	slices.Sort(declared)
	slices.Sort(one)
	require.Equal(t, declared, one)

	t.Setenv(seedVariable, "42")
	require.Equal(t, uint64(42), seedOfOrder(t))
}
