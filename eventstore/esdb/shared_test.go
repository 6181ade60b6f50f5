package esdb_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/esdb"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
)

// slices gives each case of the suite a part of one server's log: from where the log ended when the case began, with
// streams of its own. The cases go one after the other, as the log of a case is all that comes after its beginning.
type slices struct {
	url   string
	turn  sync.Mutex
	calls int
}

func (s *slices) open(t *testing.T) eventstore.Store {
	t.Helper()
	if s.calls++; s.calls > 1 { // the first is only asked what it can do, while all others run
		s.turn.Lock()
		t.Cleanup(s.turn.Unlock)
	}
	store, err := esdb.Open(t.Context(), esdb.Config{URL: s.url})
	require.NoError(t, err)
	part := &slice{store: store, prefix: fmt.Sprintf("run%x", rand.Uint64())}
	for e, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Backwards, eventstore.Filter{}) {
		require.NoError(t, err)
		part.begin = e.Position
		break
	}
	return part
}

// slice is one part. It has no id of its own, so it is not eventstore.Identified.
type slice struct {
	store  *esdb.Store
	begin  eventstore.Position
	prefix string
}

var (
	_ eventstore.Retention = (*slice)(nil)
	_ eventstore.Leaser    = (*slice)(nil)
)

// own gives a stream a name of this part. Names that are not allowed, or would not be any more, stay.
func (s *slice) own(stream string) string {
	if len(s.prefix)+len(stream) > eventstore.MaxStreamNameBytes || eventstore.ValidateStreamName(stream) != nil {
		return stream
	}
	return s.prefix + stream
}

func (s *slice) event(e eventstore.RecordedEvent) eventstore.RecordedEvent {
	e.Stream = strings.TrimPrefix(e.Stream, s.prefix)
	return e
}

func (s *slice) error(err error) error {
	if conflict, ok := errors.AsType[*eventstore.ConflictError](err); ok {
		own := *conflict
		own.Stream = strings.TrimPrefix(own.Stream, s.prefix)
		return &own
	}
	return err
}

func (s *slice) after(p eventstore.Position) eventstore.Position {
	if s.begin.After(p) {
		return s.begin
	}
	return p
}

func (s *slice) filter(f eventstore.Filter) eventstore.Filter {
	own := eventstore.Filter{TypePrefixes: f.TypePrefixes}
	for _, p := range f.StreamPrefixes {
		if p != "" {
			p = s.prefix + p
		}
		own.StreamPrefixes = append(own.StreamPrefixes, p)
	}
	return own
}

func (s *slice) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	result, err := s.store.Append(ctx, s.own(stream), expected, events...)
	return result, s.error(err)
}

func (s *slice) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return s.events(s.store.ReadStream(ctx, s.own(stream), from, dir))
}

func (s *slice) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	if dir == eventstore.Forwards {
		after = s.after(after)
	}
	return s.events(s.store.ReadAll(ctx, after, dir, s.filter(f)))
}

func (s *slice) events(all iter.Seq2[eventstore.RecordedEvent, error]) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for e, err := range all {
			if err == nil && !e.Position.After(s.begin) || !yield(s.event(e), err) {
				return
			}
		}
	}
}

func (s *slice) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	all := s.store.Subscribe(ctx, s.after(after), s.filter(f))
	return func(yield func(eventstore.Message, error) bool) {
		for m, err := range all {
			m.Event = s.event(m.Event)
			if m.Position == s.begin {
				m.Position = eventstore.Position{}
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

func (s *slice) Truncate(ctx context.Context, stream string, before int64) error {
	return s.store.Truncate(ctx, s.own(stream), before)
}

func (s *slice) Delete(ctx context.Context, stream string, expected eventstore.ExpectedRevision) error {
	return s.error(s.store.Delete(ctx, s.own(stream), expected))
}

// Lease has groups of this part only.
func (s *slice) Lease(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	if len(s.prefix)+len(r.Group) < 100 && r.Group != "" {
		r.Group = s.prefix + r.Group
	}
	return s.store.Lease(ctx, r)
}

func (s *slice) Close() error { return s.store.Close() }

// runOnOneServer runs the suite on a server that is there already. It needs nothing of the server's log but that nobody
// else writes to it, and that no run before has used the longest names.
func runOnOneServer(t *testing.T, url string) {
	t.Helper()
	eventstoretest.Run(t, (&slices{url: url}).open)
}
