package sagatest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// historyFormat is the version of the form of exported histories that this program reads; docs/testing.md describes it.
const historyFormat = 1

// headerLine is the first line of an exported history.
type headerLine struct {
	Format int    `json:"skald_history"`
	Name   string `json:"name"`
	ID     string `json:"id"`
	LogID  string `json:"log_id"`
	Events int    `json:"events"`
	Late   int    `json:"late"`
}

// eventLine is every other line.
type eventLine struct {
	Stream         string              `json:"stream"`
	Revision       int64               `json:"revision"`
	Position       eventstore.Position `json:"position"`
	RecordedAt     time.Time           `json:"recorded_at"`
	ID             eventstore.EventID  `json:"id"`
	Type           string              `json:"type"`
	Data           json.RawMessage     `json:"data"`
	DataBase64     []byte              `json:"data_base64"`
	Metadata       json.RawMessage     `json:"metadata"`
	MetadataBase64 []byte              `json:"metadata_base64"`
}

type historyReader struct {
	lines    *bufio.Reader
	line     int // number of the last one read
	registry *eventstore.Registry
}

func newHistoryReader(r io.Reader) *historyReader { return &historyReader{lines: bufio.NewReader(r)} }

// fault is an error that names the line.
func (r *historyReader) fault(format string, args ...any) error {
	return fmt.Errorf("line %d: %w", r.line, fmt.Errorf(format, args...))
}

// next returns the next line; more is false behind the last.
func (r *historyReader) next() (line []byte, more bool, err error) {
	line, err = r.lines.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		if len(line) == 0 {
			return nil, false, nil
		}
		r.line++
		if !json.Valid(line) {
			return nil, false, r.fault("the file is cut off within it: export the saga again")
		}
		return line, true, nil
	}
	r.line++
	if err != nil {
		return nil, false, r.fault("%w", err)
	}
	return line, true, nil
}

func (r *historyReader) read() (*History, error) {
	head, err := r.readHeader()
	if err != nil {
		return nil, err
	}
	if r.registry, err = saga.NewRegistry(); err != nil {
		return nil, err
	}
	h := &History{ref: saga.Ref{Name: head.Name, ID: head.ID}}
	for {
		line, more, err := r.next()
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		stream, into := h.ref.Stream(), &h.events
		if len(h.events) == head.Events {
			stream, into = h.ref.LateStream(), &h.late
		}
		if into == &h.late && len(h.late) == head.Late {
			return nil, r.fault("it is one more than the %d events that the first line announces", head.Events+head.Late)
		}
		past, err := r.readEvent(line, stream, int64(len(*into)))
		if err != nil {
			return nil, err
		}
		*into = append(*into, past)
	}
	if found, want := len(h.events)+len(h.late), head.Events+head.Late; found < want {
		return nil, r.fault("the file ends here, after %d of %d events: it is cut off, export the saga again", found, want)
	}
	return h, nil
}

// readHeader reads the first line. Its format is looked at first: a line of another one may have any other members.
func (r *historyReader) readHeader() (headerLine, error) {
	line, more, err := r.next()
	if err != nil {
		return headerLine{}, err
	}
	r.line = 1
	var format struct {
		Version *int `json:"skald_history"`
	}
	switch {
	case !more:
		return headerLine{}, r.fault("the file is empty: export a saga with projector sagas export")
	case json.Unmarshal(line, &format) != nil || format.Version == nil:
		return headerLine{}, r.fault("this is no history: it does not begin with {\"skald_history\":…}, as projector sagas export writes it")
	case *format.Version != historyFormat:
		return headerLine{}, r.fault("the history is of format %d, this program reads format %d: use another version of Skald",
			*format.Version, historyFormat)
	}
	var head headerLine
	if err := strictly(line, &head); err != nil {
		return head, r.fault("%w", err)
	}
	if err := (saga.Ref{Name: head.Name, ID: head.ID}).Validate(); err != nil {
		return head, r.fault("%w", err)
	}
	if head.Events < 1 || head.Late < 0 {
		return head, r.fault("it announces %d events of the saga and %d late ones", head.Events, head.Late)
	}
	return head, nil
}

func (r *historyReader) readEvent(line []byte, stream string, revision int64) (pastEvent, error) {
	var e eventLine
	if err := strictly(line, &e); err != nil {
		return pastEvent{}, r.fault("%w", err)
	}
	if e.Stream != stream || e.Revision != revision {
		return pastEvent{}, r.fault("revision %d of stream %q was to come, and not revision %d of stream %q",
			revision, stream, e.Revision, e.Stream)
	}
	if e.Data != nil && e.DataBase64 != nil || e.Metadata != nil && e.MetadataBase64 != nil {
		return pastEvent{}, r.fault("it has the same bytes twice, as they are and in base64")
	}
	past := pastEvent{recorded: eventstore.RecordedEvent{
		ID: e.ID, Type: e.Type, Stream: e.Stream, Revision: e.Revision, Position: e.Position, RecordedAt: e.RecordedAt,
		Data: append(e.Data, e.DataBase64...), Metadata: append(e.Metadata, e.MetadataBase64...),
	}}
	var err error
	if past.event, err = aggregate.DecodeEvent[saga.Event](r.registry, past.recorded); err != nil {
		return past, r.fault("%w", err)
	}
	meta, err := eventstore.ParseMetadata(past.recorded.Metadata)
	if err != nil {
		return past, r.fault("%w", err)
	}
	past.at = meta.At
	return past, nil
}

// strictly decodes one line that holds one document and nothing that is not known.
func strictly(line []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("it cannot be read: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("it holds more than one document")
	}
	return nil
}
