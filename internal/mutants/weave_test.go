package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const bulb = `package lamp

const watt = 40

type bulb struct{ on bool }

func (b *bulb) turn() { b.on = true }

func (b *bulb) shine() (light int, err error) {
	if !b.on {
		return 0, errDark
	}
	return watt, nil
}

func (b *bulb) after() (err error) {
	light, err := b.shine()
	print(light)
	return
}

func (b *bulb) flicker() {
again:
	for {
		break again
	}
}
`

func TestAFunctionBeginsWithTheBodiesOfItsMutants(t *testing.T) {
	threads, ok := changes(`a "dead" lamp`, bulb, strings.Replace(bulb, "b.on = true", "b.on = false", 1))
	require.True(t, ok)
	require.Len(t, threads, 1)
	require.True(t, strings.HasSuffix(bulb[:threads[0].at], "turn() {"))
	require.Equal(t, []string{"if", "wovenMutant", "==", `"a`, `\"dead\"`, `lamp"`, "{", "b.on", "=", "false", "return", "}"},
		strings.Fields(threads[0].text), "what follows is not run after it")

	threads, ok = changes("bright", bulb, strings.Replace(bulb, "return watt, nil", "return 2 * watt, nil", 1))
	require.True(t, ok)
	require.Contains(t, threads[0].text, "return 2 * watt, nil\n\n}", "a function with results has returned anyway")
}

func TestWhatIsMoreThanABodyIsNotWoven(t *testing.T) {
	for why, edit := range map[string][2]string{
		"a constant":                          {"watt = 40", "watt = 60"},
		"a signature":                         {"turn()", "turn(...int)"},
		"a function that is gone":             {"func (b *bulb) turn() { b.on = true }", ""},
		"no Go":                               {"package", "pack"},
		"a label would be there twice":        {"break again", "continue again"},
		"err is another one within the block": {"print(light)", "print(light, err)"},
	} {
		after := strings.Replace(bulb, edit[0], edit[1], 1)
		require.NotEqual(t, bulb, after, why)
		_, ok := changes("mutant", bulb, after)
		require.False(t, ok, why)
	}
	_, ok := changes("mutant", "PRAGMA synchronous = FULL", "PRAGMA synchronous = OFF")
	require.False(t, ok)
}

// Woven or not, what is said of a mutant is the same.
func TestACampaignThatWeavesComesToTheSameVerdicts(t *testing.T) {
	on, colour := by(".", "TestALampCanBeSwitchedOn/by_its_switch"), by(".", "TestALampHasAColour")
	all := []mutant{
		defect("is noticed", "{ }", on),
		defect("is noticed by a rule", "{ l.on = false }", saying("L1", on.pkg, on.test)),
		defect("is noticed for another reason", "{ l.on = false }", saying("L2", on.pkg, on.test)),
		defect("is noticed by one of two", "{ }", on, colour),
		defect("takes the test down with it", `{ panic("short circuit") }`, saying("short circuit", on.pkg, on.test)),
		{name: "changes more than a body", caught: []check{on}, edits: []edit{
			{"lamp.go", "type Lamp struct{ on bool }", "type Lamp struct{ on, off bool }"},
			{"lamp.go", "return l.on }", "return l.off }"},
		}},
	}
	run := func(chosen []mutant) (got []status, said string) {
		c := lamp(t)
		verdicts, err := c.run(t.Context(), chosen)
		require.NoError(t, err)
		for _, v := range verdicts[:len(all)] {
			got = append(got, v.status)
		}
		return got, c.out.(*strings.Builder).String()
	}
	woven, said := run(all)
	require.NotContains(t, said, "by itself")
	require.Equal(t, []status{
		statusKilled, statusKilled, statusOtherwise, statusSurvived, statusKilled, statusKilled,
	}, woven)
	alone, said := run(append(all, defect("does not compile", "{ return l.on }", on)))
	require.Contains(t, said, "each mutant is built by itself, because together they do not compile")
	require.Equal(t, woven, alone)
}

func TestNearlyAllMutantsAreWoven(t *testing.T) {
	c, err := weave(root, mutants())
	require.NoError(t, err)
	require.Greater(t, 10*len(c.woven), 9*len(mutants()))
	for name := range c.files {
		_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
		if filepath.Base(name) == wovenFile {
			require.ErrorIs(t, err, os.ErrNotExist, "the tree has a file of the name that weaving needs")
		} else {
			require.NoError(t, err)
		}
	}
}
