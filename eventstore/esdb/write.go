package esdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/skaldgo/skald/eventstore"
)

// write is one call that changes a stream.
type write struct {
	doing    string
	stream   string
	expected eventstore.ExpectedRevision
	do       func(ctx context.Context, client *esdb.Client) error
}

// write makes a call again as long as it surely has changed nothing and another node, or another connection, may take
// it. The store being closed does not end it.
func (s *Store) write(ctx context.Context, w write) error {
	deadline := time.Now().Add(s.cfg.CallTimeout)
	var err error
	refusals := 0
	for range attempts {
		if stop := s.interrupted(ctx); stop != nil {
			return stop // what came before has changed nothing
		}
		err = s.connections.with(s.onLeader(ctx), deadline, nil, w.do)
		if err == nil {
			return nil
		}
		if known(err) || !unsent(err) || !time.Now().Before(deadline) {
			break
		}
		if !errors.Is(err, io.EOF) {
			continue
		}
		cause := s.cause(ctx, deadline, w.stream)
		switch code(cause) {
		case esdb.ErrorCodeAccessDenied, esdb.ErrorCodeUnauthenticated, esdb.ErrorCodeStreamDeleted:
			return s.outcome(ctx, w, cause)
		case esdb.ErrorCodeWrongExpectedVersion:
			refusals++
		default:
		}
	}
	if refusals == attempts {
		return fmt.Errorf("%s: the server, which takes small appends, breaks off this one each time, as it does when its own "+
			"limit (MaxAppendSize) is lower than that of a log: %w: %w", w.doing, eventstore.ErrTooLarge, err)
	}
	return s.outcome(ctx, w, err)
}

// cause finds out why the server broke off a write, which the library does not tell: by a small one that no stream can
// take. In an orderly state it is a conflict; when the node does not lead, the library goes to the one that does.
func (s *Store) cause(ctx context.Context, deadline time.Time, stream string) error {
	event := esdb.EventData{EventID: uuid.New(), EventType: "Probe", ContentType: esdb.ContentTypeBinary}
	options := esdb.AppendToStreamOptions{ExpectedRevision: esdb.Revision(math.MaxInt64 - 1), Deadline: &s.cfg.CallTimeout}
	return s.connections.with(s.onLeader(ctx), deadline, nil, func(ctx context.Context, client *esdb.Client) error {
		_, err := client.AppendToStream(ctx, stream, options, event)
		return err
	})
}

// outcome is the error of a write whose context may have ended meanwhile.
func (s *Store) outcome(ctx context.Context, w write, err error) error {
	err = writeError(w.doing, w.stream, w.expected, err)
	switch {
	case ctx.Err() == nil:
		return err
	case errors.Is(err, eventstore.ErrIndeterminate):
		return fmt.Errorf("%w: %w", err, ctx.Err())
	case errors.Is(err, eventstore.ErrUnavailable):
		return ctx.Err() // withdrawn
	}
	return err
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
