package esdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/lease"
)

// The leases of a group are kept in the metadata of a stream of its own, which has no event: where nobody reads them as
// part of the log, and where the server shows the last of them only.
const (
	leaseStream   = "leases-" // and the group
	leaseProperty = "skaldLeases"
)

// clockStream has no event either. Its metadata are written to learn the time of the server.
const (
	clockStream   = "skald-clock"
	clockProperty = "skaldTick"
)

// leaseConflicts is how often others may come first, of which each has then made progress.
const leaseConflicts = 64

// Lease implements eventstore.Leaser with the expected revision of a stream's metadata, by the clock of the server. A call
// is four calls of the server, more when others come first, and ends within Config.CallTimeout. What it stores stays in the
// log's files until the server scavenges.
func (s *Store) Lease(ctx context.Context, request eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	if err := lease.Validate(request); err != nil {
		return eventstore.LeaseGrant{}, err
	}
	limited, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	grant, err := s.lease(limited, request)
	if err != nil && ctx.Err() == nil && limited.Err() != nil && !known(err) {
		return eventstore.LeaseGrant{}, fmt.Errorf("lease: nothing was stored: %w: %w", eventstore.ErrUnavailable, err)
	}
	return grant, err
}

func (s *Store) lease(ctx context.Context, request eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	now, err := s.serverTime(ctx)
	if err != nil {
		return eventstore.LeaseGrant{}, fmt.Errorf("lease: time of the server: %w", err)
	}
	stream := leaseStream + request.Group
	for range leaseConflicts {
		properties, revision, err := s.properties(ctx, stream)
		if err != nil {
			return eventstore.LeaseGrant{}, fmt.Errorf("lease: %w", err)
		}
		// The instant is earlier than that of the write, and earlier still when others came first. So leases last longer than
		// was asked for, and are given up later; never the other way round.
		next, grant, err := lease.Answer(properties[leaseProperty], now, request)
		if errors.Is(err, eventstore.ErrCorrupt) {
			return eventstore.LeaseGrant{}, fmt.Errorf("lease: the metadata of stream %q: %w", stream, err)
		}
		if err != nil {
			return eventstore.LeaseGrant{}, err
		}
		if properties == nil {
			properties = attributes{}
		}
		properties[leaseProperty] = next
		err = s.setProperties(ctx, stream, eventstore.Exactly(revision), properties)
		if err == nil {
			return grant, nil
		}
		if !errors.Is(err, eventstore.ErrConflict) {
			return eventstore.LeaseGrant{}, fmt.Errorf("lease: %w", err)
		}
	}
	return eventstore.LeaseGrant{}, fmt.Errorf("lease: other owners came first %d times: %w", leaseConflicts, eventstore.ErrUnavailable)
}

// serverTime returns an instant by the clock of the server that lies within this call: when the server took a write that
// was made for it, or a later one of another caller.
func (s *Store) serverTime(ctx context.Context) (time.Time, error) {
	tick, err := s.tick(ctx)
	if errors.Is(err, eventstore.ErrIndeterminate) && ctx.Err() == nil {
		// A tick more or less makes no difference, so nothing is unknown.
		return time.Time{}, fmt.Errorf("%w: %s", eventstore.ErrUnavailable, err.Error())
	}
	if err != nil {
		return time.Time{}, err
	}
	options := esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}
	for range attempts {
		page, err := s.page(ctx, "read a tick", 1, func(ctx context.Context, client *esdb.Client) (*esdb.ReadStream, error) {
			return client.ReadStream(ctx, "$$"+clockStream, options, 1)
		})
		if err != nil {
			return time.Time{}, err
		}
		if len(page) == 1 && page[0].Revision >= tick {
			return page[0].RecordedAt, nil
		}
		// A node that has yet to hear of the tick shows an earlier one, whose instant may be any time ago.
	}
	return time.Time{}, fmt.Errorf("the node that is read from lags behind: %w", eventstore.ErrUnavailable)
}

// tick has the server write down an instant, and returns its revision.
func (s *Store) tick(ctx context.Context) (revision int64, err error) {
	data, err := json.Marshal(map[string]string{clockProperty: uuid.NewString()})
	if err != nil {
		return 0, err
	}
	event := esdb.EventData{EventID: uuid.New(), EventType: "$metadata", ContentType: esdb.ContentTypeJson, Data: data}
	options := esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}, Deadline: &s.cfg.CallTimeout}
	results := make(chan *esdb.WriteResult, attempts) // a call that was left behind may still give one
	err = s.write(ctx, write{
		doing: "write a tick", stream: "$$" + clockStream, expected: eventstore.Any,
		do: func(ctx context.Context, client *esdb.Client) error {
			result, err := client.AppendToStream(ctx, "$$"+clockStream, options, event)
			if err == nil {
				results <- result
			}
			return err
		},
	})
	if err != nil {
		return 0, err
	}
	return int64((<-results).NextExpectedVersion), nil
}
