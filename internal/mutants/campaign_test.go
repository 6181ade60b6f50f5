package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lamp is a small module whose tests notice some defects.
func lamp(t *testing.T) *campaign {
	t.Helper()
	files := map[string]string{
		"go.mod": "module lamp\n\ngo 1.26\n",
		"lamp.go": `package lamp

// Lamp is on or off.
type Lamp struct{ on bool }

func (l *Lamp) Switch() { l.on = !l.on }
func (l *Lamp) On() bool { return l.on }
func (l *Lamp) Colour() string { return "white" }
`,
		"lamp_test.go": `package lamp

import "testing"

func TestALampCanBeSwitchedOn(t *testing.T) {
	t.Run("by its switch", func(t *testing.T) {
		var l Lamp
		ended := make(chan struct{})
		go func() { l.Switch(); close(ended) }()
		<-ended
		if !l.On() {
			t.Fatal("rule L1: it is dark")
		}
	})
}

func TestALampHasAColour(t *testing.T) { _ = new(Lamp).Colour() }

func TestThatAlwaysFails(t *testing.T) { t.Fatal("as ever") }
`,
	}
	c := &campaign{root: t.TempDir(), workers: 2, limit: 20 * time.Second, out: &strings.Builder{}}
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(c.root, name), []byte(text), 0o600))
		c.files = append(c.files, name)
	}
	return c
}

// defect replaces how a lamp is switched.
func defect(name, becomes string, caught ...check) mutant {
	return mutant{name: name, edits: []edit{{"lamp.go", "{ l.on = !l.on }", becomes}}, caught: caught}
}

func TestACampaignTellsWhatBecameOfEachMutant(t *testing.T) {
	const switched = "TestALampCanBeSwitchedOn/by its switch"
	on := check{pkg: ".", test: strings.ReplaceAll(switched, " ", "_")}
	colour := by(".", "TestALampHasAColour")
	hanging := defect("hangs", "{ select {} }", on)
	hanging.hangs = true

	c := lamp(t)
	c.limit = 5 * time.Second
	verdicts, err := c.run(t.Context(), []mutant{
		defect("is noticed", "{ }", on),
		defect("is noticed by a rule", "{ l.on = false }", saying("L1", on.pkg, on.test)),
		defect("is noticed for another reason", "{ l.on = false }", saying("L2", on.pkg, on.test)),
		defect("is noticed by one of two", "{ }", on, colour),
		defect("takes the test down with it", `{ panic("short circuit") }`, saying("short circuit", on.pkg, on.test)),
		defect("does not compile", "{ return l.on }", on),
		defect("hangs, which nobody expected", "{ select {} }", on),
		hanging,
	})
	require.NoError(t, err)

	var got []status
	for _, v := range verdicts {
		got = append(got, v.status)
	}
	require.Equal(t, []status{
		statusKilled, statusKilled, statusOtherwise, statusSurvived, statusKilled, statusUnbuilt, statusTimedOut, statusKilled,
	}, got)
	require.Equal(t, colour, verdicts[3].survived)
	require.ErrorContains(t, unkilled(verdicts), "4 of 8 mutants were not killed")
	require.ErrorContains(t, unkilled(verdicts), "SURVIVED: is noticed by one of two")
	require.NoError(t, unkilled(verdicts[:2]))

	r := result(verdicts)
	require.Equal(t, map[string]int64{"mutants": 8, "killed": 4, "survived": 4}, r.Figures)
	require.Equal(t, `.: TestALampCanBeSwitchedOn/by_its_switch says "L1"`, r.Notes["is noticed by a rule"])

	var table strings.Builder
	printTable(&table, verdicts)
	require.Contains(t, table.String(), "8 mutants, 4 killed, 4 survived")
	require.Contains(t, table.String(), "go test -vet=off -count=1 -run '^TestALampHasAColour$' ./.")
}

func TestACampaignLeavesTheTreeAsItIs(t *testing.T) {
	c := lamp(t)
	before, err := os.ReadFile(filepath.Join(c.root, "lamp.go"))
	require.NoError(t, err)
	_, err = c.run(t.Context(), []mutant{defect("is noticed", "{ }", by(".", "TestALampCanBeSwitchedOn"))})
	require.NoError(t, err)
	after, err := os.ReadFile(filepath.Join(c.root, "lamp.go"))
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}

func TestACampaignThatCanProveNothingIsRefused(t *testing.T) {
	t.Run("a patch does not fit the code any more", func(t *testing.T) {
		old := defect("old", "{ }", by(".", "TestALampHasAColour"))
		old.edits[0].old = "l.on = l.on"
		twice := defect("twice", "{ }", by(".", "TestALampHasAColour"))
		twice.edits[0].old = "(l *Lamp)"
		gone := defect("gone", "{ }", by(".", "TestALampHasAColour"))
		gone.edits[0].file = "candle.go"
		_, err := lamp(t).run(t.Context(), []mutant{old, twice, gone})
		require.ErrorIs(t, err, errStale)
		require.ErrorContains(t, err, `"old" is stale: edit 1 looks for a text that lamp.go holds 0 times, not once`)
		require.ErrorContains(t, err, `"twice" is stale: edit 1 looks for a text that lamp.go holds 3 times, not once`)
		require.ErrorContains(t, err, `"gone" is stale: edit 1: open`)
	})
	t.Run("a check fails without any defect", func(t *testing.T) {
		_, err := lamp(t).run(t.Context(), []mutant{defect("is noticed", "{ }", by(".", "TestThatAlwaysFails"))})
		require.ErrorContains(t, err, "does not pass on the tree as it is")
	})
	t.Run("a check does not exist", func(t *testing.T) {
		_, err := lamp(t).run(t.Context(), []mutant{defect("is noticed", "{ }", by(".", "TestThatWasRenamed"))})
		require.ErrorContains(t, err, "there is no such test")
	})
}

func TestEditsOfOneFileFollowEachOther(t *testing.T) {
	c := lamp(t)
	files, err := patched(c.root, mutant{name: "two", edits: []edit{
		{"lamp.go", "\"white\"", "\"red\""}, {"lamp.go", "\"red\"", "\"green\""},
	}})
	require.NoError(t, err)
	require.Contains(t, files["lamp.go"], "\"green\"")
}
