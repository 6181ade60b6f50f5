package esdb

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/skaldgo/skald/eventstore"
)

// Append implements eventstore.Store.
func (s *Store) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	if err := eventstore.ValidateAppend(stream, expected, events); err != nil {
		return eventstore.AppendResult{}, err
	}
	proposed := make([]esdb.EventData, len(events))
	for i := range events {
		proposed[i] = propose(&events[i])
	}
	options := esdb.AppendToStreamOptions{ExpectedRevision: expectation(expected), Deadline: &s.cfg.CallTimeout}
	results := make(chan *esdb.WriteResult, attempts) // a call that was left behind may still give one
	err := s.write(ctx, write{
		doing: fmt.Sprintf("append to %q", stream), stream: stream, expected: expected,
		do: func(ctx context.Context, client *esdb.Client) error {
			result, err := client.AppendToStream(ctx, stream, options, proposed...)
			if err == nil {
				results <- result
			}
			return err
		},
	})
	if err != nil {
		return eventstore.AppendResult{}, err
	}
	written := <-results
	return eventstore.AppendResult{
		Revision: int64(written.NextExpectedVersion),
		Position: eventstore.NewPosition(written.CommitPosition, written.PreparePosition),
	}, nil
}

func propose(e *eventstore.EventData) esdb.EventData {
	content := esdb.ContentTypeBinary
	if json.Valid(e.Data) {
		content = esdb.ContentTypeJson
	}
	return esdb.EventData{
		EventID: uuid.UUID(e.ID), EventType: e.Type, ContentType: content, Data: e.Data, Metadata: e.Metadata,
	}
}
