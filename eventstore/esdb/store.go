package esdb

import (
	"context"
	"fmt"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/metadata"

	"github.com/skaldgo/skald/eventstore"
)

// Store is a log in EventStoreDB. Its methods may be called concurrently.
type Store struct {
	cfg         Config
	connections *connections
	leader      bool // whether calls are for the leader alone

	closing   chan struct{}
	closeOnce sync.Once

	logID struct {
		sync.Mutex
		known string
	}
}

var (
	_ eventstore.Store      = (*Store)(nil)
	_ eventstore.Identified = (*Store)(nil)
	_ eventstore.Retention  = (*Store)(nil)
)

// Open connects to a node. It gives ErrUnavailable when none is found within the call timeout, and ErrDenied when the node
// does not accept the credentials. The context is for Open only.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	cfg = cfg.withDefaults()
	config, err := cfg.client()
	if err != nil {
		return nil, fmt.Errorf("open log: %w: %w", err, eventstore.ErrInvalid)
	}
	s := &Store{
		cfg: cfg, closing: make(chan struct{}), leader: config.NodePreference == esdb.NodePreferenceLeader,
		connections: &connections{cfg: cfg, config: config, guard: &guard{max: int64(cfg.MaxHung)}},
	}
	if _, _, err := s.head(ctx); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open log: %w", err)
	}
	return s, nil
}

// Close implements eventstore.Store. Calls that run end by themselves; later ones get ErrClosed.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		s.connections.close()
	})
	return nil
}

// interrupted says why a call must not go on.
func (s *Store) interrupted(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return fmt.Errorf("esdb: %w", eventstore.ErrClosed)
	default:
		return nil
	}
}

// onLeader puts the wish for the leader on the wire. The library's own option for it never leaves the process.
func (s *Store) onLeader(ctx context.Context) context.Context {
	if !s.leader {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "requires-leader", "true")
}

// call runs a call that changes nothing, twice when the first node turns out to be the wrong one or gone.
func (s *Store) call(ctx context.Context, doing string, do func(ctx context.Context, client *esdb.Client) error) error {
	var err error
	for range 2 {
		if err = s.interrupted(ctx); err != nil {
			return err
		}
		if err = s.connections.with(s.onLeader(ctx), do); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if known(err) || !broken(err) {
			break
		}
	}
	return translate(doing, err)
}
