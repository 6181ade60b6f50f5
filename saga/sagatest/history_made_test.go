package sagatest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

// Histories that no production has at hand are made here: by an orchestrator in a bubble, and written down as the
// command writes them.

type parcel struct{ Item string }

func answered[D any](context.Context, saga.Call[D]) (string, error) { return "x", nil }
func undone(context.Context, saga.Call[parcel], *string) error      { return nil }
func small(version int) saga.Definition[parcel]                     { return of(version, saga.StepOptions{}) }
func of(version int, pay saga.StepOptions) saga.Definition[parcel] {
	return saga.Definition[parcel]{Name: "Small", Version: version, Steps: []saga.Step[parcel]{
		saga.Compensable("book", answered[parcel], undone, saga.StepOptions{}),
		saga.Compensable("pay", answered[parcel], undone, pay),
	}}
}

// madeOf is the history of a small saga that went well, or of its events up to where the test wants them.
func madeOf(t *testing.T, version int, upTo func(int) bool) *sagatest.History {
	t.Helper()
	return lived(t, small(version), upTo, func(t *testing.T, o *saga.Orchestrator) {
		_, err := o.Start(t.Context(), "Small", "1", parcel{})
		require.NoError(t, err)
		_, err = o.Wait(t.Context(), "Small", "1")
		require.NoError(t, err)
	})
}

// lived runs a test beside an orchestrator and reads the history of its saga "1".
func lived[D any](t *testing.T, d saga.Definition[D], upTo func(int) bool,
	live func(*testing.T, *saga.Orchestrator),
) *sagatest.History {
	t.Helper()
	text := ""
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		live(t, sagatest.RunOrchestrator(t, saga.Config{Store: store, Definitions: []saga.AnyDefinition{d}}))
		text = writtenDown(t, store, saga.Ref{Name: d.Name, ID: "1"}, upTo)
	})
	return read(t, text)
}

func read(t *testing.T, text string) *sagatest.History {
	t.Helper()
	h, err := sagatest.ReadHistory(strings.NewReader(text))
	require.NoError(t, err)
	return h
}

// beginning is a history as it would have been exported after so many events.
func beginning(t *testing.T, name string, events int) (*sagatest.History, error) {
	t.Helper()
	lines := exported(t, name)
	before := len(lines) - 1
	head := strings.Replace(lines[0], fmt.Sprintf(`"events":%d`, before), fmt.Sprintf(`"events":%d`, events), 1)
	return sagatest.ReadHistory(strings.NewReader(head + strings.Join(lines[1:events+1], "")))
}

// writtenDown is what projector sagas export would write.
func writtenDown(t *testing.T, store eventstore.Store, ref saga.Ref, upTo func(int) bool) string {
	t.Helper()
	var lines []string
	counts := map[string]int{}
	for _, stream := range []string{ref.Stream(), ref.LateStream()} {
		for ev, err := range store.ReadStream(t.Context(), stream, 0, eventstore.Forwards) {
			if errors.Is(err, eventstore.ErrStreamNotFound) || upTo != nil && !upTo(counts[stream]) {
				break
			}
			require.NoError(t, err)
			counts[stream]++
			line, err := json.Marshal(map[string]any{
				"stream": ev.Stream, "revision": ev.Revision, "position": ev.Position, "id": ev.ID, "type": ev.Type,
				"recorded_at": ev.RecordedAt, "data_base64": ev.Data, "metadata_base64": ev.Metadata,
			})
			require.NoError(t, err)
			lines = append(lines, string(line))
		}
	}
	head, err := json.Marshal(map[string]any{
		"skald_history": 1, "name": ref.Name, "id": ref.ID, "log_id": "x",
		"events": counts[ref.Stream()], "late": counts[ref.LateStream()],
	})
	require.NoError(t, err)
	return string(head) + "\n" + strings.Join(lines, "\n") + "\n"
}

// happened runs a scripted saga to its end, or until it is parked; an operator redrives it so many times.
func happened(t *testing.T, d saga.Definition[parcel], r *sagatest.Recorder, redrives int) *sagatest.History {
	t.Helper()
	return lived(t, sagatest.Scripted(d, r), nil, func(t *testing.T, o *saga.Orchestrator) {
		_, err := o.Start(t.Context(), d.Name, "1", parcel{Item: "lamp"})
		require.NoError(t, err)
		for range redrives {
			_, err = o.Wait(t.Context(), d.Name, "1")
			require.NoError(t, err)
			time.Sleep(time.Hour)
			inst, err := o.Load(t.Context(), d.Name, "1")
			require.NoError(t, err)
			require.NoError(t, o.Redrive(t.Context(), d.Name, "1", "ada", "it is mended", inst.Revision()))
			time.Sleep(time.Hour)
		}
		_, err = o.Wait(t.Context(), d.Name, "1")
		require.NoError(t, err)
	})
}
