package esdb

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/skaldgo/skald/eventstore"
)

// page reads up to n events to the end, so that nothing stays open.
func (s *Store) page(ctx context.Context, doing string, n int, open func(context.Context, *esdb.Client) (*esdb.ReadStream, error),
) ([]eventstore.RecordedEvent, error) {
	pages := make(chan []eventstore.RecordedEvent, attempts) // a call that was left behind may still give one
	err := s.call(ctx, doing, func(ctx context.Context, client *esdb.Client) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // ends what the server still sends
		stream, err := open(ctx, client)
		if err != nil {
			return err
		}
		defer stream.Close()
		var read []eventstore.RecordedEvent
		for len(read) < n {
			resolved, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			if resolved.Event != nil {
				read = append(read, recorded(resolved.Event))
			}
		}
		pages <- read
		return nil
	})
	if err != nil {
		return nil, err
	}
	return <-pages, nil
}

// head returns the position of the log's last event, the server's own included, zero when there is none.
func (s *Store) head(ctx context.Context) (eventstore.Position, error) {
	last, err := s.newest(ctx, esdb.End{}, 1)
	if err != nil || len(last) == 0 {
		return eventstore.Position{}, err
	}
	return last[0].Position, nil
}

// lastVisible returns the position of the log's last event that is not the server's own, zero when there is none after
// the floor, and that of its last event at all. It reads no more than lies between the floor and the end.
func (s *Store) lastVisible(ctx context.Context, floor eventstore.Position) (visible, head eventstore.Position, err error) {
	var from esdb.AllPosition = esdb.End{}
	for n := 4; ; n = min(2*n, pageSize) {
		page, err := s.newest(ctx, from, n)
		if err != nil {
			return visible, head, err
		}
		for i := range page {
			if head.IsZero() {
				head = page[i].Position
			}
			switch {
			case !page[i].Position.After(floor):
				return visible, head, nil
			case mine(&page[i]):
				return page[i].Position, head, nil
			}
		}
		if len(page) < n {
			return visible, head, nil
		}
		from = position(page[len(page)-1].Position)
	}
}

// newest reads the last n events before a place in the log, the server's own included.
func (s *Store) newest(ctx context.Context, from esdb.AllPosition, n int) ([]eventstore.RecordedEvent, error) {
	options := esdb.ReadAllOptions{Direction: esdb.Backwards, From: from}
	return s.page(ctx, "find the end of the log", n, func(ctx context.Context, client *esdb.Client) (*esdb.ReadStream, error) {
		return client.ReadAll(ctx, options, uint64(n))
	})
}

func recorded(e *esdb.RecordedEvent) eventstore.RecordedEvent {
	return eventstore.RecordedEvent{
		ID: eventstore.EventID(e.EventID), Type: e.EventType, Stream: e.StreamID,
		Revision: int64(min(e.EventNumber, math.MaxInt64)),
		Position: eventstore.NewPosition(e.Position.Commit, e.Position.Prepare),
		Data:     e.Data, Metadata: e.UserMetadata, RecordedAt: e.CreatedDate,
	}
}

// mine leaves out what the server writes for itself.
func mine(e *eventstore.RecordedEvent) bool {
	return !strings.HasPrefix(e.Stream, "$") && !strings.HasPrefix(e.Type, "$")
}

func position(p eventstore.Position) esdb.Position {
	commit, prepare := p.Parts()
	return esdb.Position{Commit: commit, Prepare: prepare}
}
