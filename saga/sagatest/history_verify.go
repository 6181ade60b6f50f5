package sagatest

import (
	"context"
	"fmt"
	"iter"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga/verify"
)

// recording is a log that holds what a history tells, for package verify.
type recording struct{ *History }

// ReadAll yields the events of the saga, then those of its late stream, whatever it is asked for.
func (r recording) ReadAll(context.Context, eventstore.Position, eventstore.Direction, eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for _, part := range [][]pastEvent{r.events, r.late} {
			for _, past := range part {
				if !yield(past.recorded, nil) {
					return
				}
			}
		}
	}
}

// verify checks the hash chain and every rule of package verify.
func (h *History) verify() error {
	report, err := verify.Log(context.Background(), recording{h}, verify.Config{MaxViolations: 1})
	if err != nil {
		return err
	}
	if report.Broken > 0 {
		v, more := report.Violations[0], ""
		if report.Broken > 1 {
			more = fmt.Sprintf(" (and %d more)", report.Broken-1)
		}
		return fmt.Errorf("line %d: %w: %s%s", h.line(v.Stream, v.Revision), verify.ErrBroken, v, more)
	}
	if fault := h.end().Fault(); fault != "" {
		return fmt.Errorf("line %d: %s", len(h.events)+1, fault)
	}
	return nil
}

// line returns the number of the line that holds an event; the first event is in line 2.
func (h *History) line(stream string, revision int64) int {
	line := int(max(revision, 0)) + 2
	if stream == h.ref.LateStream() {
		line += len(h.events)
	}
	return line
}
