package esdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/skaldgo/skald/eventstore"
)

// attributes are the metadata that the server keeps beside a stream: its own properties begin with "$", and all are kept to the byte.
type attributes map[string]json.RawMessage

// hiddenBelow is the property of the server by which the front of a stream disappears.
const hiddenBelow = "$tb"

// Truncate implements eventstore.Retention by the stream's metadata, whose other properties stay. An error that matches
// ErrIndeterminate is resolved by calling it again.
func (s *Store) Truncate(ctx context.Context, stream string, before int64) error {
	if err := eventstore.ValidateReadStream(stream, before); err != nil {
		return err
	}
	last, err := s.lastRevision(ctx, stream)
	if err != nil {
		return fmt.Errorf("truncate: %w", err)
	}
	before = min(before, last+1) // beyond, the server would hide events that are not there yet
	for {
		if err := s.interrupted(ctx); err != nil {
			return err
		}
		properties, revision, err := s.properties(ctx, stream)
		if err != nil {
			return fmt.Errorf("truncate %q: %w", stream, err)
		}
		if front, err := strconv.ParseInt(string(properties[hiddenBelow]), 10, 64); err == nil && front >= before {
			return nil
		}
		if properties == nil {
			properties = attributes{}
		}
		properties[hiddenBelow] = strconv.AppendInt(nil, before, 10)
		err = s.setProperties(ctx, stream, eventstore.Exactly(revision), properties)
		if !errors.Is(err, eventstore.ErrConflict) { // somebody else has changed them meanwhile
			return err
		}
	}
}

// Delete implements eventstore.Retention by the server's soft delete, which replaces the stream's metadata. An error that
// matches ErrIndeterminate is resolved by calling it again, which gives ErrStreamNotFound when the first call was
// carried out.
func (s *Store) Delete(ctx context.Context, stream string, expected eventstore.ExpectedRevision) error {
	if err := eventstore.ValidateStreamName(stream); err != nil {
		return err
	}
	if !expected.Valid() {
		return fmt.Errorf("delete %q: expected revision %s: %w", stream, expected, eventstore.ErrInvalid)
	}
	// The server has a conflict for a stream that is not there, whatever is expected.
	if _, err := s.lastRevision(ctx, stream); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	options := esdb.DeleteStreamOptions{ExpectedRevision: expectation(expected), Deadline: &s.cfg.CallTimeout}
	return s.write(ctx, write{
		doing: fmt.Sprintf("delete %q", stream), stream: stream, expected: expected,
		do: func(ctx context.Context, client *esdb.Client) error {
			_, err := client.DeleteStream(ctx, stream, options)
			return err
		},
	})
}

// properties reads the last metadata of a stream, and the revision of that event, -1 when there is none. The library's
// own function fails for a stream without metadata.
func (s *Store) properties(ctx context.Context, stream string) (properties attributes, revision int64, err error) {
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

func (s *Store) setProperties(ctx context.Context, stream string, expected eventstore.ExpectedRevision, properties attributes) error {
	data, err := json.Marshal(properties)
	if err != nil {
		return fmt.Errorf("metadata of stream %q: %w", stream, err)
	}
	event := esdb.EventData{EventID: uuid.New(), EventType: "$metadata", ContentType: esdb.ContentTypeJson, Data: data}
	options := esdb.AppendToStreamOptions{ExpectedRevision: expectation(expected), Deadline: &s.cfg.CallTimeout}
	return s.write(ctx, write{
		doing: fmt.Sprintf("set the metadata of %q", stream), stream: "$$" + stream, expected: expected,
		do: func(ctx context.Context, client *esdb.Client) error {
			_, err := client.AppendToStream(ctx, "$$"+stream, options, event)
			return err
		},
	})
}
