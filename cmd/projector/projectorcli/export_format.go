package projectorcli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// exportFormat is the version of the form in which histories are exported. Package sagatest reads it; docs/testing.md
// describes it.
const exportFormat = 1

// exportHeader is the first line of an exported history. The numbers of events show whether the file was cut off.
type exportHeader struct {
	Format int    `json:"skald_history"`
	Name   string `json:"name"`
	ID     string `json:"id"`
	LogID  string `json:"log_id"`
	Events int    `json:"events"` // of the saga's stream
	Late   int    `json:"late"`   // of its late stream
}

// exportedEvent is every other line, but for its data and metadata.
type exportedEvent struct {
	Stream     string              `json:"stream"`
	Revision   int64               `json:"revision"`
	Position   eventstore.Position `json:"position"`
	RecordedAt time.Time           `json:"recorded_at"`
	ID         eventstore.EventID  `json:"id"`
	Type       string              `json:"type"`
}

// exportLines returns a whole export. The same history gives the same bytes.
func exportLines(ref saga.Ref, logID string, events, late []storedEvent) ([]byte, error) {
	lines, err := oneLine(exportHeader{
		Format: exportFormat, Name: ref.Name, ID: ref.ID, LogID: logID, Events: len(events), Late: len(late),
	})
	if err != nil {
		return nil, err
	}
	lines = append(lines, '\n')
	for _, part := range [][]storedEvent{events, late} {
		for _, e := range part {
			ev := e.recorded
			line, err := oneLine(exportedEvent{
				Stream: ev.Stream, Revision: ev.Revision, Position: ev.Position, RecordedAt: ev.RecordedAt, ID: ev.ID, Type: ev.Type,
			})
			if err != nil {
				return nil, err
			}
			lines = append(lines, line[:len(line)-1]...)
			lines = appendStored(lines, "data", ev.Data)
			lines = appendStored(lines, "metadata", ev.Metadata)
			lines = append(lines, '}', '\n')
		}
	}
	return lines, nil
}

func oneLine(v any) ([]byte, error) {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the history: %w", err)
	}
	return safeJSON(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}

// appendStored appends stored bytes as a member: as they are, where a reader of JSON gets them back to the byte and a
// terminal is safe from them, otherwise in base64 under another name. No bytes at all are left out.
func appendStored(line []byte, member string, stored []byte) []byte {
	switch {
	case len(stored) == 0:
		return line
	case json.Valid(stored) && len(bytes.TrimSpace(stored)) == len(stored) && !bytes.ContainsRune(stored, '\n') &&
		bytes.Equal(safeJSON(stored), stored):
		line = append(line, `,"`+member+`":`...)
		return append(line, stored...)
	}
	line = append(line, `,"`+member+`_base64":"`...)
	line = base64.StdEncoding.AppendEncode(line, stored)
	return append(line, '"')
}
