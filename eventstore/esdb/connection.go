package esdb

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/skaldgo/skald/eventstore"
)

// connections holds the library's client that is in use, and replaces it when it is broken. A client whose search for a
// node failed once is dead for ever, and hangs whoever calls it; so a new one is tried out before anybody else gets it.
type connections struct {
	cfg    Config
	config *esdb.Configuration
	guard  *guard

	mu      sync.Mutex
	current *connection
	making  chan struct{} // closed when the one that is being made is there, or failed
	refused bool          // closed for good
}

// connection is one client of the library, with the number of calls that use it: closing it under a call makes the
// library panic.
type connection struct {
	owner  *connections
	client *esdb.Client
	users  int
	retire bool
}

// take returns the connection in use, or makes one. The caller gives it back by release.
func (cs *connections) take(ctx context.Context) (*connection, error) {
	for {
		cs.mu.Lock()
		if cs.refused {
			cs.mu.Unlock()
			return nil, fmt.Errorf("esdb: %w", eventstore.ErrClosed)
		}
		if c := cs.current; c != nil {
			c.users++
			cs.mu.Unlock()
			return c, nil
		}
		making := cs.making
		if making == nil {
			cs.making = make(chan struct{})
			cs.mu.Unlock()
			if err := cs.make(ctx); err != nil {
				return nil, err
			}
			continue
		}
		cs.mu.Unlock()
		select {
		case <-making:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// make finds a node, and publishes the connection when there is one.
func (cs *connections) make(ctx context.Context) error {
	client, err := esdb.NewClient(cs.config)
	if err == nil {
		// The version is asked for only because the question makes the library look for a node now.
		err = cs.guard.do(ctx, func() error {
			_, err := client.GetServerVersion()
			return err
		})
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	close(cs.making)
	cs.making = nil
	if err == nil && cs.refused {
		err = eventstore.ErrClosed
	}
	if err != nil {
		if client != nil && !errors.Is(err, errHung) {
			_ = client.Close()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("find a node: %w: %w", eventstore.ErrUnavailable, err)
	}
	cs.current = &connection{owner: cs, client: client}
	return nil
}

// release gives the connection back, with how the call ended.
func (c *connection) release(err error) {
	c.owner.mu.Lock()
	defer c.owner.mu.Unlock()
	c.users--
	if err != nil && broken(err) {
		c.withdraw()
	}
	c.settle()
}

// withdraw lets no new call use it.
func (c *connection) withdraw() {
	c.retire = true
	if c.owner.current == c {
		c.owner.current = nil
	}
}

// settle closes it once nobody uses it.
func (c *connection) settle() {
	if c.retire && c.users == 0 {
		_ = c.client.Close()
	}
}

// close refuses new calls, and closes the connection once those that run have ended.
func (cs *connections) close() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.refused = true
	if c := cs.current; c != nil {
		c.withdraw()
		c.settle()
	}
}

// with runs a call on the connection. The call's context ends after the call timeout; a call that does not return then
// keeps the connection until it does.
func (cs *connections) with(ctx context.Context, call func(ctx context.Context, client *esdb.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, cs.cfg.CallTimeout)
	defer cancel()
	c, err := cs.take(ctx)
	if err != nil {
		return err
	}
	return cs.guard.doThen(ctx, func() error { return call(ctx, c.client) }, c.release, c.distrust)
}

// distrust is told when a call hangs.
func (c *connection) distrust() {
	c.owner.mu.Lock()
	defer c.owner.mu.Unlock()
	c.withdraw()
}
