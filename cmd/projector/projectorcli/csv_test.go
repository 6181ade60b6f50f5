package projectorcli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection/sagaview"
)

// requireCells demands that a text is CSV with a header, rows as long as it, and no formula in it.
func requireCells(t *testing.T, text string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll() // refuses rows of another length
	require.NoError(t, err, "%q", text)
	for _, row := range rows {
		for _, cell := range row {
			first := []rune(strings.TrimSpace(cell))
			if _, err := json.Number(cell).Float64(); err != nil && len(first) > 0 {
				require.NotContains(t, "=+-@＝＋－＠\t\r", string(first[:1]), "%q", cell)
			}
		}
	}
}

func TestACellIsNeverAFormula(t *testing.T) {
	for in, want := range map[string]string{
		"":                  "",
		"plain, \"quoted\"": "plain, \"quoted\"",
		"=1+1":              "'=1+1",
		"+1":                "'+1",
		"-1":                "'-1",
		"@SUM(A1)":          "'@SUM(A1)",
		" \u00a0=1+1":       "' \u00a0=1+1",
		"＝1+1":              "'＝1+1",
		"\t=1+1":            `\t=1+1`,
		"two\nlines":        `two\nlines`,
		"a=b":               "a=b",
	} {
		require.Equal(t, want, harmless(in))
	}
	require.Equal(t, "-1", csvCell(int64(-1)), "a number is none")
	require.Equal(t, "-0.5", csvCell(-0.5))
}

func TestCSVHasAColumnForEveryMemberThatARowHasInJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	requireSameMembers(t, sagaview.Saga{Name: "a", ID: "b", NextDue: at, Reason: "r", LastError: "=e", Attempt: 2})
	requireSameMembers(t, sagaview.Parked{Name: "a", ParkedAt: at, Error: "x\ny"})
	requireSameMembers(t, storedEvent{Type: "t", At: at, Data: json.RawMessage(`{"a":"b,c"}`), ID: eventstore.EventID{1}})
	text := printed(t, projectionView{
		Name: "sagas", LagEvents: -1, StandingBy: []string{"one", "two"},
		Rebuild: &rebuildView{Holder: "who", Position: eventstore.NewPosition(7, 0), EventsApplied: 3},
	})
	require.Equal(t, "-1", text["lag_events"])
	require.Equal(t, "one; two", text["standing_by"])
	require.Equal(t, []string{"who", "7/0", "3"},
		[]string{text["rebuild_holder"], text["rebuild_position"], text["rebuild_events_applied"]})
	text = printed(t, projectionView{Name: "sagas"})
	require.Contains(t, text, "rebuild_events_applied")
	require.Empty(t, text["rebuild_events_applied"])
	require.Empty(t, text["caught_up_at"])
}

// requireSameMembers compares the cells of a row of plain members with its JSON.
func requireSameMembers[T any](t *testing.T, row T) {
	t.Helper()
	cells := printed(t, row)
	document, err := json.Marshal(row)
	require.NoError(t, err)
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(document, &members))
	for name := range members {
		require.Contains(t, cells, name)
	}
	require.Len(t, csvHeader(reflect.TypeFor[T](), ""), len(cells), "no name comes twice")
}

func printed[T any](t *testing.T, row T) map[string]string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, printCSV(&app{stdout: &out}, []T{row}))
	require.Equal(t, 2, strings.Count(out.String(), "\r\n"))
	lines, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	cells := map[string]string{}
	for i, name := range lines[0] {
		cells[name] = lines[1][i]
	}
	return cells
}

func TestTheWideTableAddsColumnsAndLeavesNoneOut(t *testing.T) {
	var out bytes.Buffer
	a := &app{stdout: &out}
	head := func(wide bool) []string {
		out.Reset()
		require.NoError(t, a.printTable(listGrid([]sagaview.Saga{{LastError: "one\ntwo"}}, wide)))
		line, _, _ := strings.Cut(out.String(), "\n")
		return strings.Fields(line)
	}
	narrow := head(false)
	require.Contains(t, out.String(), "one …")
	wide := head(true)
	require.Contains(t, out.String(), `one\ntwo`)
	require.Greater(t, len(wide), len(narrow))
	require.True(t, slices.Contains(wide, "REVISION") && !slices.Contains(narrow, "REVISION"))
	for _, name := range narrow {
		require.Contains(t, wide, name)
	}
}
