package esdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/skaldgo/skald/eventstore"
)

// Truncate implements eventstore.Retention by the stream's metadata ($tb), whose other properties stay.
func (s *Store) Truncate(ctx context.Context, stream string, before int64) error {
	if err := eventstore.ValidateReadStream(stream, before); err != nil {
		return err
	}
	for _, err := range s.ReadStream(ctx, stream, 0, eventstore.Backwards) {
		if err != nil {
			return fmt.Errorf("truncate: %w", err)
		}
		break
	}
	for {
		properties, revision, err := s.properties(ctx, stream)
		if err != nil {
			return fmt.Errorf("truncate %q: %w", stream, err)
		}
		if front, ok := properties["$tb"].(float64); ok && int64(front) >= before {
			return nil
		}
		if properties == nil {
			properties = map[string]any{}
		}
		properties["$tb"] = before
		err = s.setProperties(ctx, stream, eventstore.Exactly(revision), properties)
		if !errors.Is(err, eventstore.ErrConflict) { // somebody else has changed them meanwhile
			return err
		}
	}
}

// Delete implements eventstore.Retention by the server's soft delete, which replaces the stream's metadata.
func (s *Store) Delete(ctx context.Context, stream string, expected eventstore.ExpectedRevision) error {
	if err := eventstore.ValidateStreamName(stream); err != nil {
		return err
	}
	if !expected.Valid() {
		return fmt.Errorf("delete %q: expected revision %s: %w", stream, expected, eventstore.ErrInvalid)
	}
	last := int64(-1)
	for e, err := range s.ReadStream(ctx, stream, 0, eventstore.Backwards) {
		if err != nil {
			return fmt.Errorf("delete: %w", err)
		}
		last = e.Revision
		break
	}
	options := esdb.DeleteStreamOptions{ExpectedRevision: expectation(expected), Deadline: &s.cfg.CallTimeout}
	err := s.connections.with(s.onLeader(ctx), func(ctx context.Context, client *esdb.Client) error {
		_, err := client.DeleteStream(ctx, stream, options)
		return err
	})
	if err != nil && wrongVersion(err) {
		return &eventstore.ConflictError{Stream: stream, Expected: expected, Actual: last}
	}
	if err != nil {
		return appendOutcome(ctx, stream, expected, err)
	}
	return nil
}

// properties reads the last metadata of a stream, and the revision of that event, -1 when there is none. The library's
// own function fails for a stream without metadata.
func (s *Store) properties(ctx context.Context, stream string) (properties map[string]any, revision int64, err error) {
	options := esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}
	page, err := s.page(ctx, "read metadata", 1, func(ctx context.Context, client *esdb.Client) (*esdb.ReadStream, error) {
		return client.ReadStream(ctx, "$$"+stream, options, 1)
	})
	if errors.Is(err, eventstore.ErrStreamNotFound) || err == nil && len(page) == 0 {
		return nil, -1, nil
	}
	if err != nil {
		return nil, 0, err
	}
	if err := json.Unmarshal(page[0].Data, &properties); err != nil {
		return nil, 0, fmt.Errorf("metadata of stream %q: %w: %w", stream, eventstore.ErrCorrupt, err)
	}
	return properties, page[0].Revision, nil
}

func (s *Store) setProperties(ctx context.Context, stream string, expected eventstore.ExpectedRevision, properties map[string]any) error {
	data, err := json.Marshal(properties)
	if err != nil {
		return fmt.Errorf("metadata of stream %q: %w", stream, err)
	}
	event := esdb.EventData{EventID: uuid.New(), EventType: "$metadata", ContentType: esdb.ContentTypeJson, Data: data}
	options := esdb.AppendToStreamOptions{ExpectedRevision: expectation(expected), Deadline: &s.cfg.CallTimeout}
	err = s.connections.with(s.onLeader(ctx), func(ctx context.Context, client *esdb.Client) error {
		_, err := client.AppendToStream(ctx, "$$"+stream, options, event)
		return err
	})
	if err != nil {
		return appendOutcome(ctx, "$$"+stream, expected, err)
	}
	return nil
}
