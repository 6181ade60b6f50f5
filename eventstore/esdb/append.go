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

// leaderAttempts is how often an append looks for the leader, each time on what the node before has said.
const leaderAttempts = 3

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
	var written *esdb.WriteResult
	var err error
	for range leaderAttempts {
		if err := s.interrupted(ctx); err != nil {
			return eventstore.AppendResult{}, err
		}
		err = s.connections.with(s.onLeader(ctx), func(ctx context.Context, client *esdb.Client) (err error) {
			result, err := client.AppendToStream(ctx, stream, options, proposed...)
			if err == nil {
				written = result
			}
			return err
		})
		if err == nil {
			return eventstore.AppendResult{
				Revision: int64(written.NextExpectedVersion), //nolint:gosec // revisions are below 2^63
				Position: eventstore.NewPosition(written.CommitPosition, written.PreparePosition),
			}, nil
		}
		if code(err) != esdb.ErrorCodeNotLeader && code(err) != esdb.ErrorCodeConnectionClosed && !neverSent(err) {
			break
		}
	}
	return eventstore.AppendResult{}, appendOutcome(ctx, stream, expected, err)
}

// appendOutcome is the error of an append whose context may have ended meanwhile.
func appendOutcome(ctx context.Context, stream string, expected eventstore.ExpectedRevision, err error) error {
	err = appendError(stream, expected, err)
	if ctx.Err() == nil || errors.Is(err, eventstore.ErrConflict) {
		return err
	}
	if errors.Is(err, eventstore.ErrIndeterminate) {
		return fmt.Errorf("%w: %w", err, ctx.Err())
	}
	return ctx.Err()
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

func expectation(expected eventstore.ExpectedRevision) esdb.ExpectedRevision {
	revision, exact := expected.Revision()
	switch {
	case expected == eventstore.Any:
		return esdb.Any{}
	case expected == eventstore.StreamExists:
		return esdb.StreamExists{}
	case exact && revision >= 0:
		return esdb.Revision(uint64(revision))
	default:
		return esdb.NoStream{}
	}
}
