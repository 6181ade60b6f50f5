package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shuffling is the part with a shell in place of go test; its last word is the number of runs that are asked for.
func shuffling(t *testing.T, output string) (*runner, string, error) {
	t.Helper()
	p := part{
		name: shuffles, command: []string{"sh", "-c", "cat <<'END'\n" + output + "\nEND\n"},
		asks: asks("SHUFFLES", 2, 2, 2), floors: []floor{{figure: "stores", least: 2}},
		limit: within(time.Minute, time.Minute, time.Minute), processors: 1,
	}
	return ran(t, p)
}

const shuffledOutput = `-test.shuffle 11
=== RUN   TestConformance
    run.go:23: the order of the cases: SKALD_SEED=1
    --- PASS: TestConformance/append (0.00s)
        --- PASS: TestConformance/append/one (0.00s)
    run.go:23: the order of the cases: SKALD_SEED=2
        --- PASS: TestConformance/append/one (0.00s)
PASS
ok  	example.org/m/eventstore/memory	0.1s
-test.shuffle 12
    run.go:23: the order of the cases: SKALD_SEED=3
    run.go:23: the order of the cases: SKALD_SEED=4
        --- PASS: TestConformance/append/one (0.00s)
ok  	example.org/m/eventstore/sqlite	0.1s`

func TestShuffledRunsAreRecordedWithTheirSeeds(t *testing.T) {
	r, _, err := shuffling(t, shuffledOutput)
	require.NoError(t, err)
	result := r.results[0]
	require.Equal(t, map[string]int64{"stores": 2, "runs": 4, "cases passed": 3}, result.Figures)
	require.Equal(t, map[string]int64{"memory": 2, "sqlite": 1}, result.Kinds)
	require.Equal(t, "1 2", result.Notes["seeds of memory"])
	require.Equal(t, "12", result.Notes["-shuffle of sqlite"])
}

func TestAStoreThatWasShuffledTooRarelyMakesThePartVoid(t *testing.T) {
	fewer := regexp.MustCompile(`(?m)^.*SKALD_SEED=4\n`).ReplaceAllString(shuffledOutput, "")
	_, _, err := shuffling(t, fewer)
	require.ErrorContains(t, err, "the suite ran 1 times on sqlite")
	_, _, err = shuffling(t, strings.SplitAfter(shuffledOutput, "memory\t0.1s\n")[0])
	require.ErrorContains(t, err, "1 stores, and at least 2 were to be")
}
