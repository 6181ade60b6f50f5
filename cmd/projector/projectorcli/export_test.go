package projectorcli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/cmd/projector/projectorcli"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

// export runs projector sagas export and returns what it wrote.
func export(t *testing.T, dir, id string) (code int, out, told string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args := []string{"sagas", "export", id, "--data", dir}
	code = projectorcli.Program{}.Run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestAnExportedHistoryIsATest(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, seed(t.Context(), dir, seedDemos))
	for id, events := range map[string]int{"completed": 6, "failed": 9, "parked": 9, "executing": 2, "retrying": 4} {
		code, out, told := export(t, dir, id)
		require.Zero(t, code, told)
		h, err := sagatest.ReadHistory(strings.NewReader(out))
		require.NoError(t, err, id)
		require.Len(t, h.Events(), events, id)
		require.Nil(t, sagatest.CheckHistory(t, h, demoDefinition()))
		require.NotNil(t, sagatest.RerunHistory(t, h, demoDefinition()))
	}
	code, out, _ := export(t, dir, "forged")
	require.Equal(t, projectorcli.ExitUnverified, code)
	_, err := sagatest.ReadHistory(strings.NewReader(out))
	require.ErrorContains(t, err, "line 4: log breaks a rule")
}

func TestNewsThatCameAfterTheEndIsExported(t *testing.T) {
	dir := t.TempDir()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "events.db")})
	require.NoError(t, err)
	s := &seeder{store: store, now: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)}
	s.registry, s.err = saga.NewRegistry()
	s.start(t.Context(), "Demo", "late", "")
	for attempt := range 3 {
		if attempt > 0 {
			s.execute(t.Context(), "Demo", "late", saga.Proceed{Now: s.now.Add(time.Hour)}, "x")
			s.now = s.now.Add(time.Hour)
		}
		s.now = s.now.Add(time.Minute)
		s.outcome(t.Context(), "Demo", "late", "book", saga.Action, attempt+1, saga.Outcome{Kind: saga.TimedOut})
	}
	s.outcome(t.Context(), "Demo", "late", "book", saga.Compensation, 1, saga.Outcome{Kind: saga.SucceededWithNothing})
	require.NoError(t, s.err)
	late, err := aggregate.NewRepository[news, saga.Event, saga.Event](aggregate.Config[news]{
		Store: store, Registry: s.registry, Category: saga.LateCategoryPrefix + "Demo", New: func(string) news { return news{} },
	})
	require.NoError(t, err)
	_, err = late.Execute(t.Context(), "late", saga.StepCompleted{Step: "book", Attempt: 2, Late: true}, aggregate.Envelope{At: s.now})
	require.NoError(t, err)
	require.NoError(t, store.Close())

	code, out, told := export(t, dir, "late")
	require.Zero(t, code, told)
	require.Contains(t, out, `"late":1}`)
	require.Contains(t, out, `{"stream":"late:Demo-late","revision":0,`)
	_, err = sagatest.ReadHistory(strings.NewReader(out))
	require.NoError(t, err)
	lines := strings.SplitAfter(out, "\n")
	_, err = sagatest.ReadHistory(strings.NewReader(strings.Join(lines[:len(lines)-2], "")))
	require.ErrorContains(t, err, "it is cut off")
	altered := strings.Replace(out, `"attempt":2,"late":true`, `"attempt":3,"late":true`, 1)
	require.NotEqual(t, out, altered)
	_, err = sagatest.ReadHistory(strings.NewReader(altered))
	require.ErrorContains(t, err, fmt.Sprintf("line %d:", len(lines)-1))
}

// news is the aggregate of a late stream.
type news struct{}

func (news) Decide(e saga.Event) ([]saga.Event, error) { return []saga.Event{e}, nil }
func (news) Evolve(saga.Event)                         {}

// What stands in the log comes out of the file byte for byte, whatever it is.
func TestAnExportIsACopyByteForByte(t *testing.T) {
	dir := t.TempDir()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "events.db")})
	require.NoError(t, err)
	ref := saga.Ref{Name: "Odd", ID: "1"}
	payloads := []string{
		`{"a":1}`, ` {"a":1} `, "{\"a\":\n1}", "{\"a\":\t1}", `null`, `"<&>"`, `"\u003c"`, "\"\u202e\"", "\"\u2028\"", "\x00\xff", "no JSON", "\"\xff\"",
		`{"a":1,"a":2}`, `1e400`, "", `"ü – 日"`, "\"\x7f\"",
	}
	for i, payload := range payloads {
		expected := eventstore.NoStream
		if i > 0 {
			expected = eventstore.Exactly(int64(i - 1))
		}
		id, err := eventstore.NewEventID()
		require.NoError(t, err)
		_, err = store.Append(t.Context(), ref.Stream(), expected, eventstore.EventData{
			ID: id, Type: saga.TypeSagaStarted, Data: []byte(payload), Metadata: []byte(payloads[len(payloads)-1-i]),
		})
		require.NoError(t, err)
	}
	require.NoError(t, store.Close())
	_, out, _ := export(t, dir, "Odd/1")
	require.NotContains(t, out, "\u202e")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	require.Len(t, lines, len(payloads)+1)
	for i, line := range lines[1:] {
		var e struct {
			Data, Metadata json.RawMessage
			Data64         []byte `json:"data_base64"`
			Metadata64     []byte `json:"metadata_base64"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &e), line)
		require.Equal(t, payloads[i], string(e.Data)+string(e.Data64))
		require.Equal(t, payloads[len(payloads)-1-i], string(e.Metadata)+string(e.Metadata64))
	}
}

func TestAnExportThatCannotBeWrittenLeavesWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, seed(context.Background(), dir, seedDemos))
	file := filepath.Join(t.TempDir(), "out")
	require.NoError(t, os.Mkdir(file, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(file, "x"), nil, 0o600))
	var stderr bytes.Buffer
	args := []string{"sagas", "export", "parked", "--data", dir, "--file", file, "--force"}
	code := projectorcli.Program{}.Run(t.Context(), args, strings.NewReader(""), &bytes.Buffer{}, &stderr)
	require.Equal(t, projectorcli.ExitUsage, code, stderr.String())
	require.FileExists(t, filepath.Join(file, "x"))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".export-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}
