package saga_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// seenStart is an event of a log that a restart looks at.
type seenStart struct {
	ref      saga.Ref
	ended    bool
	position eventstore.Position
}

// quay makes a log with one saga of ours, which is set aside when it is looked at, and four of a name that nobody knows,
// one of which has ended, with an index of "main" as the lines say.
func quay(t *testing.T, store eventstore.Store, lines [][]byte) (all []seenStart, index []eventstore.RecordedEvent) {
	foreign := func(id, eventType string) {
		put(t, store, saga.Ref{Name: "Foreign", ID: id}.Stream(), eventType, `{}`)
	}
	foreign("1", saga.TypeSagaStarted)
	foreign("2", saga.TypeSagaStarted)
	put(t, store, parcelRef("unreadable").Stream(), saga.TypeSagaStarted, `{"plan":7}`)
	foreign("2", saga.TypeSagaCompleted)
	foreign("3", saga.TypeSagaStarted)
	for _, line := range lines {
		put(t, store, saga.IndexStream("main"), saga.TypeOpenSagasRecorded, string(line))
	}
	foreign("4", saga.TypeSagaStarted)
	for ev, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		require.NoError(t, err)
		ref, isSaga := saga.ParseStream(ev.Stream)
		switch {
		case ev.Stream == saga.IndexStream("main"):
			index = append(index, ev)
		case isSaga:
			all = append(all, seenStart{ref, ev.Type == saga.TypeSagaCompleted, ev.Position})
		}
	}
	return all, index
}

// recorded is what the index says, by reading it from its beginning: the last whole record; ok is false when the index
// cannot be used.
func recorded(index []eventstore.RecordedEvent) (record saga.OpenSagasRecorded, open []saga.Ref, ok bool) {
	end := -1
	chunks := make([]saga.OpenSagasRecorded, len(index))
	faulty := make([]bool, len(index))
	for i, ev := range index {
		faulty[i] = json.Unmarshal(ev.Data, &chunks[i]) != nil
		if faulty[i] || chunks[i].Last {
			end = i
		}
	}
	if end < 0 {
		return saga.OpenSagasRecorded{}, nil, true
	}
	record = chunks[end]
	from := end - record.Chunk
	if faulty[end] || record.Chunk < 0 || from < 0 {
		return record, nil, false
	}
	for i := from; i <= end; i++ {
		c := chunks[i]
		if faulty[i] || c.Chunk != i-from || c.Last != (i == end) || c.Position != record.Position ||
			c.Position.After(index[i].Position) {
			return record, nil, false
		}
		for name, ids := range c.Sagas {
			for _, id := range ids {
				open = append(open, saga.Ref{Name: name, ID: id})
			}
		}
	}
	impossible := func(ref saga.Ref) bool {
		parsed, isSaga := saga.ParseStream(ref.Stream())
		return !isSaga || parsed != ref || eventstore.ValidateStreamName(ref.Stream()) != nil
	}
	return record, open, !slices.ContainsFunc(open, impossible)
}

// FuzzRestartIndex: whatever stands in the index of an orchestrator, it starts. From a record that is whole it takes the
// sagas named there and those begun after its position; when the last record cannot be used, it finds all there are in the
// log, as without an index. Each line of the input is one event of the index.
func FuzzRestartIndex(f *testing.F) {
	for _, lines := range []string{
		`{"last":true}`, `{"position":"3/0","chunk":0,"last":true,"sagas":{"Foreign":["1"],"Parcel":["unreadable"]}}`,
		`{"position":"3/0","last":true,"sagas":{"Foreign":[""]}}`, `{"position":"99/0","last":true}`,
		"{\"position\":\"2/0\",\"sagas\":{\"Foreign\":[\"1\"]}}\n{\"position\":\"2/0\",\"chunk\":1,\"last\":true}", "{\"last\":true}\n{",
		`{"last":true,"chunk":-1}`, `{"last":true,"sagas":{"Parcel":["\u0000"]}}`, `{"last":true,"sagas":{"a-b":["1"]}}`,
	} {
		f.Add([]byte(lines))
	}
	f.Fuzz(func(t *testing.T, lines []byte) {
		data := bytes.Split(lines, []byte("\n"))
		if len(data) > 4 || len(lines) > 4096 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			s, store := newShop(t), memory.New()
			all, index := quay(t, store, data)
			record, open, usable := recorded(index)
			if !usable {
				record.Position, open = eventstore.Position{}, nil
			}
			for _, seen := range all {
				if seen.position.After(record.Position) {
					open = slices.DeleteFunc(open, func(ref saga.Ref) bool { return ref == seen.ref })
					if !seen.ended {
						open = append(open, seen.ref)
					}
				}
			}
			p := s.run(store)
			synctest.Wait()
			status := p.Status(t.Context())
			for _, found := range append(status.Untouched, status.SetAside...) {
				require.Contains(t, open, found.Ref)
				open = slices.DeleteFunc(open, func(ref saga.Ref) bool { return ref == found.Ref })
			}
			for _, ref := range open { // what an index invents of ours is looked for, and not there
				require.True(t, ref.Name == "Parcel" && ref != parcelRef("unreadable") || ref.Name == "Ticket", "%s is missing", ref)
			}
			p.stop()
			require.NoError(t, store.Close())
		})
	})
}
