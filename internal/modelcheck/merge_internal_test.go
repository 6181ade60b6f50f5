package modelcheck

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/proof"
)

// These tests look at single states, which no one outside the package can.

// What is merged is equal for the future: a model that merges nothing, drops no answer and forgets no snapshot takes,
// state by state, the same steps as the one that does, up to steps that change nothing.
func TestMergingHidesNothing(t *testing.T) {
	shapes := []Shape{
		{Steps: "C"},
		{Steps: "F"},
		{Steps: "P", Attempts: 2},
		{Steps: "R", Redrives: 1},
		{Steps: "R", Crashes: 1},
		{Steps: "O", Attempts: 2, Total: true},
		{Steps: "O", Impatient: true},
		{Steps: "OR"},
		{Steps: "O", Deadline: true, Cancels: 1},
		{Steps: "R", Probes: true},
		{Steps: "OL", Group: "gg", Signals: 1},
		{Steps: "L", Signals: 2, Cancels: 1, Pauses: 1},
		{Steps: "R", Resolves: 1, Redrives: 1},
		{Steps: "O", Attempts: 2, Skips: 1, Policies: 1},
		{Steps: "O", Extends: 1},
		{Steps: "O", Attempts: 2, Policies: 1, Next: &Shape{Steps: "O"}},
		{Steps: "O.", Behind: true, Impatient: true, Next: &Shape{Steps: "OR"}},
	}
	if proof.Count("MODEL_STEPS", 2) >= MaxSteps {
		shapes = append(shapes, Shape{Steps: "CC"}, Shape{Steps: "C", Redrives: 1})
	}
	for _, shape := range shapes {
		t.Run(shape.String(), func(t *testing.T) {
			merged, err := explore(t.Context(), newModel(&shape, Under{}))
			require.NoError(t, err)
			whole := newModel(&shape, Under{})
			whole.unmerged = true
			unmerged, err := explore(t.Context(), whole)
			require.NoError(t, err)
			t.Logf("%d states without merging, %d with", len(unmerged.states), len(merged.states))
			require.Greater(t, len(unmerged.states), 2*len(merged.states))

			small, large := merged.stepsByForm(t), unmerged.stepsByForm(t)
			require.Len(t, large, len(small))
			for form, steps := range large {
				require.Equal(t, small[form], steps, "the same steps lead on from equal states")
			}
		})
	}
}

// stepsByForm returns the forms of the successors of each state, by its own form, and makes sure that all states of one
// form agree about them.
func (e *explorer) stepsByForm(t *testing.T) map[string][]string {
	t.Helper()
	forms, logs := make([]string, len(e.states)), map[nodeID]string{}
	for id, w := range e.states {
		forms[id] = e.worldForm(w, logs)
	}
	steps := make(map[string][]string, len(forms))
	for id, form := range forms {
		var to []string
		for _, next := range e.out[e.begins[id]:e.begins[id+1]] {
			if next < 0 {
				next = ^next
			}
			if forms[next] != form {
				to = append(to, forms[next])
			}
		}
		slices.Sort(to)
		to = slices.Compact(to)
		if known, seen := steps[form]; seen {
			require.Equal(t, known, to, "equal states lead on alike")
		}
		steps[form] = to
	}
	return steps
}

// worldForm is what a merging model tells worlds apart by, in the same words for every model.
func (e *explorer) worldForm(w world, logs map[nodeID]string) string {
	e.settle(&w)
	log, known := logs[w.log]
	if !known {
		n := e.at(w.log)
		log = string(appendPast(e.canon.instance(n.inst, n.now), &n.past))
		logs[w.log] = log
	}
	form := []byte(log)
	for x, snapshot := range w.snap {
		up, stale := snapshot != none, w.flags.stale[x]
		form = append(form, bit(up), bit(stale))
	}
	for _, f := range e.model.flights.of(w.flights) {
		form = binary.AppendUvarint(form, uint64(f))
	}
	for _, part := range []any{e.model.books.all[w.books], w.flags} {
		var err error
		form, err = binary.Append(form, binary.LittleEndian, part)
		if err != nil {
			panic(err)
		}
	}
	return string(form)
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// An orchestrator that may decide on what is outdated until it is refused reaches the same logs and effects as one that
// only reads the log.
func TestWhatIsDecidedOnAnOutdatedLogMakesNoDifference(t *testing.T) {
	for _, shape := range []Shape{{Steps: "R", Crashes: 1}, {Steps: "CP"}} {
		t.Run(shape.String(), func(t *testing.T) {
			without, err := explore(t.Context(), newModel(&shape, Under{}))
			require.NoError(t, err)
			shape.Snapshots = true
			with, err := explore(t.Context(), newModel(&shape, Under{}))
			require.NoError(t, err)
			require.Greater(t, len(with.states), len(without.states))
			require.Equal(t, without.stepsByForm(t), with.stepsByForm(t))
		})
	}
}
