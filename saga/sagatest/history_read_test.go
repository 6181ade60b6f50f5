package sagatest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
	"github.com/skaldgo/skald/saga/verify"
)

// exported returns the lines of an exported history.
func exported(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "history", name+".jsonl"))
	require.NoError(t, err)
	return strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
}

func TestAHistoryThatIsNotWholeIsRefusedWithItsLine(t *testing.T) {
	lines := exported(t, "compensated")
	replaced := func(n int, old, by string) string {
		require.Contains(t, lines[n-1], old)
		changed := append([]string{}, lines...)
		changed[n-1] = strings.Replace(lines[n-1], old, by, 1)
		return strings.Join(changed, "")
	}
	for name, c := range map[string]struct {
		text string
		says []string
	}{
		"an empty file":           {"", []string{"line 1: the file is empty"}},
		"something else":          {"hello\n", []string{"line 1: this is no history"}},
		"another kind of JSON":    {"{\"skald_seal\":1}\n", []string{"line 1: this is no history"}},
		"an unknown format":       {replaced(1, `"skald_history":1`, `"skald_history":2,"new":true`), []string{"line 1: the history is of format 2, this program reads format 1"}},
		"a header without a name": {replaced(1, `"name":"OrderFulfillment"`, `"name":""`), []string{"line 1: saga name is empty"}},
		"a header without events": {replaced(1, `"events":33`, `"events":0`), []string{"line 1: it announces 0 events"}},
		"a file cut off at a line": {
			strings.Join(lines[:20], ""), []string{"line 20: the file ends here, after 19 of 33 events: it is cut off"},
		},
		"a file cut off within a line": {
			strings.Join(lines[:20], "") + lines[20][:50], []string{"line 21: the file is cut off within it"},
		},
		"a line too many":            {strings.Join(lines, "") + "\n" + lines[33], []string{"line 35: it is one more than the 33 events"}},
		"a line that is missing":     {strings.Join(append(append([]string{}, lines[:7]...), lines[8:]...), ""), []string{"line 8: revision 6 of stream", "and not revision 7"}},
		"a line that is no JSON":     {replaced(9, `{"stream"`, `{stream`), []string{"line 9: it cannot be read"}},
		"two documents on a line":    {replaced(9, "}\n", "}{}\n"), []string{"line 9: it holds more than one document"}},
		"a member that nobody knows": {replaced(9, `"stream"`, `"colour":1,"stream"`), []string{`line 9: it cannot be read`, `"colour"`}},
		"bytes in two forms":         {replaced(9, `"data":`, `"data_base64":"e30=","data":`), []string{"line 9: it has the same bytes twice"}},
		"another saga's event":       {replaced(9, "ORD-000012", "ORD-000013"), []string{"line 9: revision 7 of stream"}},
		"an event of unknown type":   {replaced(4, `"StepFailed"`, `"StepExploded"`), []string{"line 4: decode event \"StepExploded\" at revision 2"}},
		"an event of a newer schema": {replaced(4, `"metadata":{`, `"metadata":{"schema":7,`), []string{"line 4:", "schema 7"}},
		"data of another shape":      {replaced(4, `"attempt":1`, `"attempt":"one"`), []string{"line 4: decode event"}},
		"an altered result":          {replaced(9, `"at":"2026`, `"at":"2025`), []string{"line 9: log breaks a rule", "breaks S8"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sagatest.ReadHistory(strings.NewReader(c.text))
			require.Error(t, err)
			for _, words := range c.says {
				require.ErrorContains(t, err, words)
			}
		})
	}
	t.Run("the errors are those of the packages that found them", func(t *testing.T) {
		_, err := sagatest.ReadHistory(strings.NewReader(replaced(4, `"StepFailed"`, `"StepExploded"`)))
		require.ErrorIs(t, err, eventstore.ErrUnknownType)
		_, err = sagatest.ReadHistory(strings.NewReader(replaced(9, `"at":"2026`, `"at":"2025`)))
		require.ErrorIs(t, err, verify.ErrBroken)
	})
}

func TestAFileIsNamedInItsErrors(t *testing.T) {
	_, err := sagatest.FromHistory("no-such-file.jsonl")
	require.ErrorIs(t, err, os.ErrNotExist)
	file := filepath.Join(t.TempDir(), "cut.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(exported(t, "completed")[:3], "")), 0o600))
	_, err = sagatest.FromHistory(file)
	require.ErrorContains(t, err, file+": line 3: the file ends here")
}

func TestLinesMayEndAsOtherSystemsEndThem(t *testing.T) {
	text := strings.ReplaceAll(strings.Join(exported(t, "completed"), ""), "\n", "\r\n")
	h, err := sagatest.ReadHistory(strings.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, "OrderFulfillment/ORD-000008-xzqjiesq", h.Ref().String())
}

func TestAHistoryGivesTheSagaAtEveryRevision(t *testing.T) {
	h := history(t, "compensated")
	require.Len(t, h.Events(), 33)
	var states []string
	for revision := range h.Events() {
		inst, err := h.At(int64(revision))
		require.NoError(t, err)
		require.Equal(t, int64(revision), inst.Revision())
		if s := inst.State().String(); len(states) == 0 || states[len(states)-1] != s {
			states = append(states, s)
		}
	}
	require.Equal(t, []string{"started", "pending", "compensating", "failed"}, states)
	for _, revision := range []int64{-1, 33} {
		_, err := h.At(revision)
		require.ErrorContains(t, err, fmt.Sprintf("has no revision %d, its history has those from 0 to 32", revision))
	}
	inst, err := h.At(3)
	require.NoError(t, err)
	inst.Evolve(saga.StepInterrupted{})
	again, err := h.At(3)
	require.NoError(t, err)
	require.Empty(t, again.Fault(), "each call gives a saga of its own")
}

func FuzzReadHistory(f *testing.F) {
	for _, name := range []string{"completed", "redriven"} {
		text, err := os.ReadFile(filepath.Join("testdata", "history", name+".jsonl"))
		require.NoError(f, err)
		f.Add(text)
		f.Add(text[:len(text)/2])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := sagatest.ReadHistory(strings.NewReader(string(text)))
		if err != nil {
			require.ErrorContains(t, err, "line ")
			return
		}
		sagatest.CheckHistory(&judge{}, h, orders())
		sagatest.RerunHistory(&judge{}, h, orders())
	})
}
