package logcopy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// writer appends events in their order, those of one stream that follow each other at once.
type writer struct {
	to     eventstore.Store
	copied int64

	stream string
	first  int64 // revision of the first event that waits
	events []eventstore.EventData
	bytes  int
}

func (w *writer) add(ctx context.Context, e eventstore.RecordedEvent) error {
	size := len(e.Data) + len(e.Metadata) + 2*len(e.Type)
	follows := len(w.events) > 0 && e.Stream == w.stream && e.Revision == w.first+int64(len(w.events))
	if !follows || w.bytes+size > eventstore.MaxAppendBytes {
		if err := w.flush(ctx); err != nil {
			return err
		}
		w.stream, w.first = e.Stream, e.Revision
	}
	w.events = append(w.events, eventstore.EventData{ID: e.ID, Type: e.Type, Data: e.Data, Metadata: e.Metadata})
	w.bytes += size
	return nil
}

// flush appends what waits. The identical append is harmless, so it is repeated while the target is unavailable.
func (w *writer) flush(ctx context.Context) error {
	if len(w.events) == 0 {
		return nil
	}
	gap := firstGap
	for n := 0; ; n++ {
		_, err := w.to.Append(ctx, w.stream, eventstore.Exactly(w.first-1), w.events...)
		if err == nil {
			break
		}
		passing := errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, eventstore.ErrIndeterminate)
		if !passing || ctx.Err() != nil || n == repeats {
			return fmt.Errorf("append to the target: %w", err)
		}
		if err := pause(ctx, gap); err != nil {
			return err
		}
		gap = min(2*gap, longest)
	}
	w.copied += int64(len(w.events))
	w.events, w.bytes = nil, 0
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
