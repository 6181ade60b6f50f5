package eventstoretest

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// seedVariable gives the order of an earlier run again.
const seedVariable = "SKALD_SEED"

func seedOfOrder(t testing.TB) uint64 {
	text, given := os.LookupEnv(seedVariable)
	if !given {
		return uint64(rand.Uint32()) //nolint:gosec // an order is no secret
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q is no seed: give a whole number from 0 on, as an earlier run has named it", seedVariable, text)
	}
	return seed
}

// shuffled returns the groups, and the cases of each, in the order that belongs to a seed, however they were listed.
func shuffled(groups []group, seed uint64) []group {
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // an order is no secret
	groups = slices.Clone(groups)
	random.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	for i := range groups {
		cases := slices.SortedFunc(slices.Values(groups[i].cases), func(a, b testCase) int { return strings.Compare(a.name, b.name) })
		random.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
		groups[i].cases = cases
	}
	return groups
}
