package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/proof"
)

// recording returns a part that records the line as its result, by a shell.
func recording(line string) part {
	return part{
		name: "cuts", title: "Cuts", says: "Says.",
		command: []string{"sh", "-c", `echo running with $SKALD_PROOF_CUTS; ` + line},
		asks:    asks("CUTS", 10, 100, 1000),
		floors:  []floor{{figure: "cuts", asked: "CUTS"}, {figure: "torn", least: 1}},
		limit:   within(time.Minute, time.Minute, time.Minute), processors: 1,
	}
}

func ran(t *testing.T, parts ...part) (*runner, string, error) {
	t.Helper()
	var out bytes.Buffer
	r := &runner{options: options{
		size: small, only: regexp.MustCompile(""), processors: 2, file: filepath.Join(t.TempDir(), "results.jsonl"),
	}, out: &out}
	err := r.all(t.Context(), parts)
	return r, out.String(), err
}

func TestAPartCountsWhenItHasDoneWhatItWasAskedFor(t *testing.T) {
	r, out, err := ran(t, recording(`echo '{"part":"cuts","figures":{"cuts":12345,"torn":3}}' >> $SKALD_PROOF_RESULTS`))
	require.NoError(t, err)
	require.Len(t, r.results, 1)
	require.Equal(t, int64(12345), r.results[0].Figures["cuts"])
	require.Contains(t, out, "12,345 cuts, 3 torn")
}

func TestAPartThatDidTooLittleIsVoid(t *testing.T) {
	for line, message := range map[string]string{
		`echo '{"part":"cuts","figures":{"cuts":9,"torn":3}}'`:   "part cuts is void: 9 cuts, and at least 10 were to be",
		`echo '{"part":"cuts","figures":{"cuts":10,"torn":0}}'`:  "part cuts is void: 0 torn, and at least 1 were to be",
		`echo '{"part":"cuts","figures":{"cuts":10}}'`:           `part cuts is void: it has recorded no "torn"`,
		`echo '{"part":"flips","figures":{"cuts":10,"torn":1}}'`: "part cuts is void: it has recorded other parts only",
		`echo half a line`: "part cuts is void, it has recorded nothing: line 1 of",
	} {
		_, _, err := ran(t, recording(line+` >> $SKALD_PROOF_RESULTS`))
		require.ErrorContains(t, err, message)
	}
	_, _, err := ran(t, recording(`true`))
	require.ErrorContains(t, err, "part cuts is void, it has recorded nothing")
}

func TestAPartThatFailsShowsItsOutputAndLetsTheOthersRun(t *testing.T) {
	r, out, err := ran(t, recording(`echo seed 77 broke rule G13; exit 1`),
		recording(`echo '{"part":"cuts","figures":{"cuts":10,"torn":3}}' >> $SKALD_PROOF_RESULTS`))
	require.ErrorContains(t, err, "part cuts failed: exit status 1")
	require.Contains(t, out, "running with 10\nseed 77 broke rule G13")
	require.Len(t, r.results, 1)
}

func TestAPartEndsWhenItsTimeIsUp(t *testing.T) {
	p := recording(`exec sleep 60`)
	p.limit[small] = 50 * time.Millisecond
	_, _, err := ran(t, p)
	require.ErrorContains(t, err, "its time of 50ms was up")
}

func TestACommandRunsWhereItIsToldTo(t *testing.T) {
	dir, p := t.TempDir(), recording("")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "found"), []byte("here"), 0o600))
	r := &runner{options: options{size: small}}
	output, err := r.command(t.Context(), &p, process{line: []string{"cat", "found"}, dir: dir})
	require.NoError(t, err)
	require.Equal(t, "here", string(output))
}

func TestNoReportIsWrittenOfARunThatFailed(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // where the results of a real run that failed may lie
	r, _, err := ran(t, recording(`exit 1`))
	require.Error(t, err)
	r.report = filepath.Join(t.TempDir(), "proof.md")
	require.NoError(t, r.write(t.Context(), time.Now()))
	require.NoFileExists(t, r.report)
	require.Equal(t, "skald-proof-failed.jsonl", filepath.Base(r.file))
}

func TestPropertiesAreFoundAndWhatTheySayIsCounted(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a_test.go"), []byte(`package a
func TestOne(t *testing.T) { rapid.Check(t, nil) }
func TestTwo(t *testing.T) { for range 2 { t.Run("x", func(t *testing.T) { rapid.Check(t, nil); rapid.Check(t, nil) }) } }
func TestThree(t *testing.T) { verify.Check(t) }
func helper(t *testing.T) { rapid.Check(t, nil) }
`), 0o600))
	names, err := propertiesOf(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"TestOne", "TestTwo"}, names)
	require.Equal(t, map[string]int64{"TestOne": 100, "TestTwo": 150}, held([]byte(`=== RUN   TestOne
    a_test.go:2: [rapid] OK, passed 100 tests (1ms)
--- PASS: TestOne (0.00s)
=== RUN   TestTwo
=== RUN   TestTwo/x
    a_test.go:3: [rapid] OK, passed 70 tests (1ms)
=== RUN   TestTwo/x#01
    a_test.go:3: [rapid] OK, passed 80 tests (1ms)
`)))
}

func TestEveryPartNamesWhatItNeedsToCount(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range parts() {
		require.False(t, seen[p.name], "%s stands in the list twice", p.name)
		seen[p.name] = true
		require.NotEmpty(t, p.floors, "%s can never be void", p.name)
		for s, asked := range p.asks {
			require.Positive(t, p.limit[s], "%s has no limit for %s", p.name, s)
			for _, f := range p.floors {
				if f.asked != "" {
					require.Contains(t, asked, f.asked, p.name)
				}
			}
		}
	}
}

func TestThePageSaysWhatTheResultsSay(t *testing.T) {
	page := string(render([]proof.Result{
		{Part: wholeRun, Notes: map[string]string{noteDate: "2030-01-02", noteSize: "proof", noteCommit: "abc"}},
		{
			Part: "power-cuts", Figures: map[string]int64{"cuts": 20000, "writes torn": 7}, Kinds: map[string]int64{"x | y": 1},
			Notes: map[string]string{noteTook: "3s", "seed": "1"},
		},
	}))
	for _, line := range []string{
		"* date: 2030-01-02", "## Power cuts", "20,000 cuts, 7 writes torn.", "* seed: 1",
		"SKALD_PROOF_CUTS=20000 go test ./eventstore/sqlite -run '^TestPowerCuts'", "## What is not tested",
	} {
		require.Contains(t, page, line)
	}
}

func TestTheCommittedPageIsTheOneOfTheCommittedResults(t *testing.T) {
	results, err := proof.Read("../../docs/proof.jsonl")
	require.NoError(t, err)
	page, err := os.ReadFile("../../docs/proof.md")
	require.NoError(t, err)
	require.Equal(t, string(render(results)), string(page), "write it once more: make proof-page")
}

func TestWrongFlagsAreNamed(t *testing.T) {
	for flags, message := range map[string]string{
		"-size huge":      `-size is "huge": choose small, proof or night`,
		"-only (":         "-only: error parsing regexp",
		"-only nothing":   `-only "nothing" chooses none of the parts: simulation, model-check`,
		"-processors 0":   "-processors is 0: give at least 1",
		"everything else": `unexpected argument "everything"`,
	} {
		require.ErrorContains(t, run(t.Context(), strings.Fields(flags), &bytes.Buffer{}), message)
	}
}

func TestAFuzzTargetWhoseTimeIsUpHasNotFailed(t *testing.T) {
	const up = "fuzz: elapsed: 5s, execs: 82835\n--- FAIL: FuzzX (5.02s)\n    context deadline exceeded\nFAIL\n"
	require.True(t, ranOutOfTime([]byte(up)))
	require.False(t, ranOutOfTime([]byte(up+"    Failing input written to testdata/fuzz/FuzzX/1\n")))
	require.False(t, ranOutOfTime([]byte("--- FAIL: FuzzX (5.02s)\n    x_test.go:7: wrong\n")))
}
