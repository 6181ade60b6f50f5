package esdb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/metadata"

	"github.com/skaldgo/skald/eventstore"
)

// attempts is how often a call is made, when the first node turns out to be the wrong one or gone.
const attempts = 3

// Store is a log in EventStoreDB. Its methods may be called concurrently.
type Store struct {
	cfg         Config
	connections *connections
	leader      bool // whether calls are for the leader alone

	closing   chan struct{}
	closeOnce sync.Once

	logID atomic.Pointer[string]
}

var (
	_ eventstore.Store      = (*Store)(nil)
	_ eventstore.Identified = (*Store)(nil)
	_ eventstore.Retention  = (*Store)(nil)
	_ eventstore.Leaser     = (*Store)(nil)
)

// Open connects to a node. It gives ErrUnavailable when none is found within the call timeout, and ErrDenied when the node
// does not accept the credentials, or not for reading the whole log. The context is for Open only.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	config, err := cfg.client()
	if err != nil {
		return nil, fmt.Errorf("open log: %w: %w", err, eventstore.ErrInvalid)
	}
	cfg = cfg.withDefaults(config)
	closing := make(chan struct{})
	s := &Store{
		cfg: cfg, closing: closing, leader: config.NodePreference == esdb.NodePreferenceLeader,
		connections: &connections{
			config: config, guard: &guard{max: int64(cfg.MaxHung)}, timeout: cfg.CallTimeout, closing: closing,
		},
	}
	if _, err := s.head(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open log: %w", err), s.Close())
	}
	return s, nil
}

// Close implements eventstore.Store. A call that hangs inside the client library is not waited for.
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

// call runs a call that changes nothing. Being closed ends it.
func (s *Store) call(ctx context.Context, doing string, do func(ctx context.Context, client *esdb.Client) error) error {
	deadline := time.Now().Add(s.cfg.CallTimeout)
	var err error
	for range attempts {
		if stop := s.interrupted(ctx); stop != nil {
			return stop
		}
		err = s.connections.with(s.onLeader(ctx), deadline, s.closing, do)
		if err == nil {
			return nil
		}
		if stop := s.interrupted(ctx); stop != nil {
			return stop
		}
		if known(err) || !time.Now().Before(deadline) || !broken(err) && code(err) != esdb.ErrorCodeNotLeader {
			break
		}
	}
	return translate(doing, err)
}
