package projectorcli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// hostile is what somebody may have put into a log: texts that reach every place of the output, and bytes.
type hostile struct {
	id, step, problem string
	data, metadata    []byte
}

// screen runs a part of a command and demands that what it printed can be shown: nothing in it moves the cursor or hides
// text, and what is to be JSON is.
func screen(t *testing.T, format string, show func(a *app) error) (stdout string) {
	t.Helper()
	var out, notes bytes.Buffer
	a := &app{stdout: &out, stderr: &notes, data: defaultData, output: format}
	if err := show(a); err != nil {
		a.finish(context.Background(), err, nil)
		if isJSON(format) {
			require.True(t, json.Valid(notes.Bytes()), "%q", notes.String())
		}
	}
	for _, text := range []string{out.String(), notes.String()} {
		require.True(t, utf8.ValidString(text), "%q", text)
		if format == formatCSV {
			text = strings.ReplaceAll(text, "\r\n", "\n")
		}
		for _, r := range strings.ReplaceAll(text, "\n", "") {
			require.False(t, isHarmful(r), "%q in %q", r, text)
		}
	}
	if format == formatCSV {
		requireCells(t, out.String())
	}
	if isJSON(format) && out.Len() > 0 && !json.Valid(out.Bytes()) {
		require.NotEqual(t, formatJSON, format, "%q", out.String())
		for line := range strings.Lines(out.String()) {
			require.True(t, json.Valid([]byte(line)), "%q", line)
		}
	}
	return out.String()
}

func isJSON(format string) bool { return format == formatJSON || format == formatJSONL }

// document is the format of what is no list, where a list has this one.
func document(format string) string {
	if isJSON(format) {
		return formatJSON
	}
	return formatTable
}

// FuzzEveryCommandShowsAnything lets anything stand in a log and in the read model where texts stand, and holds the output
// of every command that shows them, in every format that it has, to this: no control character but the line break goes out,
// nor one that hides or reorders text; all of it is UTF-8; JSON is valid and gives the texts back; and in tables a row stays
// one line, whatever is in it. One execution is one command in one format.
func FuzzEveryCommandShowsAnything(f *testing.F) {
	for which := range uint8(35) {
		f.Add(which, "ORD-1", "reserve", "no answer", []byte(`{"item":"lamp"}`), []byte(`{"actor":"ann"}`))
		f.Add(which, "\x1b]0;title\a", "a\nb", "panic: \x00\u202e\u009b31m", []byte("\xff\x00"), []byte(`{"actor":"\u001b[2J\u2028"}`))
	}
	f.Add(uint8(0), "=1+1", "@x", "first\nsecond\r\n\tthird", []byte(`"\u0000\u202e"`), []byte(`{`))
	f.Add(uint8(4), "it's $(x)", "\U000e0041", "\\x1b", []byte(``), []byte(``))
	f.Fuzz(func(t *testing.T, which uint8, id, step, problem string, data, metadata []byte) {
		h := hostile{id, step, problem, data, metadata}
		format := []string{formatTable, formatWide, formatJSON, formatJSONL, formatCSV}[int(which)%5]
		const lists, commands = 4, 7
		command := int(which) / 5 % commands
		if command >= lists && !isJSON(format) {
			format = formatTable
		}
		show := h.shows(format)[command]
		text := screen(t, format, show)
		if which < 5 {
			h.requireSame(t, format, text, "sagas")
		}
		if which == 25 {
			require.Equal(t, 2, strings.Count(text, "\n"), "a breach is one line: %q", text)
		}
	})
}

// shows holds what each command prints in a format. What has no lines of JSON prints one document.
func (h hostile) shows(format string) []func(*app) error {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	row := sagaview.Saga{
		Name: h.step, ID: h.id, CorrelationID: h.id, Step: h.step, Direction: h.step, FailedStep: h.step, Reason: h.problem,
		LastError: h.problem, WaitsFor: h.step, StartedAt: at, UpdatedAt: at, State: saga.StateFailed, Parked: true,
	}
	parked := sagaview.Parked{
		Name: h.step, ID: h.id, Step: h.step, Direction: h.step, Reason: saga.ParkReason(h.problem), ParkedAt: at, Error: h.problem,
		Remedy: h.problem,
	}
	status := projection.Status{Name: h.step, Holder: h.id, LastError: h.problem, State: projection.State(h.step)}
	broken := verify.Report{Violations: []verify.Violation{{Rule: h.step, Stream: h.id, Sentence: h.problem, Detail: h.problem}}}
	stream := storedStream{chain: chainView{Problem: h.problem}, events: []storedEvent{newStoredEvent(eventstore.RecordedEvent{
		Type: h.step, Stream: h.id, Data: h.data, Metadata: h.metadata, RecordedAt: at,
	})}}
	return []func(*app) error{
		func(a *app) error {
			return a.printSagas(sagaview.Page{Sagas: []sagaview.Saga{row, row}, Next: h.id}, format)
		},
		func(a *app) error {
			return a.printParked(sagaview.ParkedPage{Parked: []sagaview.Parked{parked}}, format)
		},
		func(a *app) error { return a.printProjections([]projectionView{newProjectionView(status)}, format) },
		func(a *app) error {
			return a.printHistory(saga.Ref{Name: h.step, ID: h.id}, stream, format, len(h.data)%2 == 0)
		},
		func(*app) error { return fail(ExitConflict, h.problem, "%s: %w", h.id, errors.New(h.problem)) },
		func(a *app) error { return a.printReport(broken, document(format), time.Second) },
		func(a *app) error { return h.show(a, document(format)) },
	}
}

// requireSame demands that a table has a line for each row and one for its head, and that JSON holds the texts.
func (h hostile) requireSame(t *testing.T, format, text, list string) {
	switch format {
	case formatTable, formatWide:
		require.Equal(t, 3, strings.Count(text, "\n"), "%q", text)
	case formatCSV:
		require.Equal(t, 3, strings.Count(text, "\r\n"), "%q", text)
	case formatJSON:
		var got map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		var rows []sagaview.Saga
		require.NoError(t, json.Unmarshal(got[list], &rows))
		if utf8.ValidString(h.problem) {
			require.Equal(t, h.problem, rows[0].LastError)
		}
	}
}

// show tells a saga whose stream holds the texts wherever a log can hold them.
func (h hostile) show(a *app, format string) error {
	store := memory.New()
	defer store.Close()
	ref := saga.Ref{Name: "Order", ID: h.id}
	if ref.Validate() != nil {
		ref.ID = "7"
	}
	started := saga.SagaStarted{
		Name: ref.Name, ID: ref.ID, DefinitionHash: h.problem, CorrelationID: h.problem,
		Plan: &saga.Plan{Steps: []saga.PlannedStep{{Name: h.step}, {Name: h.step + "."}}}, Data: rawJSON(h.data),
	}
	attempt := saga.AttemptStarted{Step: h.step, Attempt: 1, Key: h.problem}
	problem := saga.AttemptFailed{Step: h.step, Attempt: 1, Error: h.problem, Stack: h.problem}
	for i, event := range []saga.Event{
		started, saga.StepStarted{AttemptStarted: attempt}, saga.StepFailed{AttemptFailed: problem},
		saga.SagaParked{Parked: saga.Parked{Step: h.step, Reason: saga.ParkReason(h.problem), Error: h.problem}},
		saga.StepRedriven{Step: h.step, Actor: h.problem, Reason: h.problem},
		saga.StepCompleted{Step: h.step, Attempt: 1, Result: rawJSON(h.data), Late: true},
		saga.SagaParked{Parked: saga.Parked{Step: h.step + ".", Reason: saga.ParkReason(h.problem), Error: h.problem}},
		saga.StepResolved{Step: h.step + ".", Result: rawJSON(h.data), Evidence: h.problem, Actor: h.problem, Reason: h.problem},
		saga.SagaParked{Parked: saga.Parked{Step: h.step, Reason: saga.ParkReason(h.step), Error: h.problem}},
	} {
		data, err := json.Marshal(event)
		if err == nil {
			err = h.put(store, ref.Stream(), i, event.EventType(), data)
		}
		if err != nil {
			return err
		}
	}
	if err := h.put(store, ref.LateStream(), 0, "News", h.data); err != nil {
		return err
	}
	s, err := tell(context.Background(), store, ref)
	if err != nil {
		return err
	}
	if format == formatJSON {
		return a.printJSON(s)
	}
	return a.printStory(s)
}

func (h hostile) put(store eventstore.Store, stream string, n int, eventType string, data []byte) error {
	metadata := h.metadata
	if _, err := eventstore.ParseMetadata(metadata); err != nil && eventType != "News" {
		metadata = nil // of a saga's own stream it would only be the end
	}
	_, err := store.Append(context.Background(), stream, eventstore.Exactly(int64(n)-1), eventstore.EventData{
		ID: eventstore.EventID{byte(n), 1}, Type: eventType, Data: data, Metadata: metadata,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", stream, err)
	}
	return nil
}
