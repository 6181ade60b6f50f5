package esdb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/skaldgo/skald/eventstore"
)

// errNotBegun: no connection was there to send anything on.
var errNotBegun = errors.New("no connection")

// connections holds the library's client that is in use, and replaces it when it is broken. A client whose search for a
// node failed once is dead for ever, and hangs whoever calls it; so a new one is tried out before anybody else gets it.
type connections struct {
	config  *esdb.Configuration
	guard   *guard
	timeout time.Duration // of a search
	closing chan struct{} // closed when the store is

	calls sync.WaitGroup // those that somebody waits for

	mu      sync.Mutex
	current *connection
	looking *search
	refused bool // closed for good
}

// search is one search for a node, for all who need a connection meanwhile.
type search struct {
	done chan struct{}
	err  error // set before done is closed
}

// connection is one client of the library, with the number of calls that use it: closing it under a call makes the
// library panic.
type connection struct {
	owner  *connections
	client *esdb.Client
	users  int
	hung   int // of the users, those that were left behind
	retire bool
}

// with runs a call on the connection in use, until the deadline. stop is as in guarded. An error that matches errNotBegun
// says that the call was not made.
func (cs *connections) with(ctx context.Context, deadline time.Time, stop <-chan struct{},
	call func(ctx context.Context, client *esdb.Client) error,
) error {
	bounded, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if err := cs.enter(); err != nil {
		return err
	}
	defer cs.calls.Done()
	c, err := cs.take(bounded)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotBegun, err)
	}
	return cs.guard.run(bounded, guarded{
		do: func(bounded context.Context) error {
			err := call(bounded, c.client)
			await(ctx, err)
			return err
		},
		stop: stop,
		// A caller who gives up says nothing about the connection.
		ended: func(err error, wasLeft bool) { c.release(err, wasLeft, ctx.Err() == nil && broken(err)) },
		left:  c.leave,
	})
}

// await waits for the end of a context whose deadline the server has noticed first, so that it counts as the caller's.
func await(ctx context.Context, err error) {
	if deadline, ok := ctx.Deadline(); ok && err != nil && code(err) == esdb.ErrorCodeDeadlineExceeded && time.Until(deadline) < grace {
		<-ctx.Done()
	}
}

// enter lets Close wait for a call.
func (cs *connections) enter() error {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.refused {
		return fmt.Errorf("esdb: %w", eventstore.ErrClosed)
	}
	cs.calls.Add(1)
	return nil
}

// take returns the connection in use, or waits until there is one. The caller gives it back by release.
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
		looking := cs.looking
		if looking == nil {
			looking = &search{done: make(chan struct{})}
			cs.looking = looking
			cs.calls.Go(func() { cs.look(looking) })
		}
		cs.mu.Unlock()
		select {
		case <-looking.done:
			if looking.err != nil {
				return nil, looking.err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// look finds a node, and publishes the connection when there is one. It depends on no caller's context: whoever is in
// need of a connection waits for the same search.
func (cs *connections) look(s *search) {
	client, err := esdb.NewClient(cs.config)
	if err == nil {
		err = cs.tryOut(client)
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	defer close(s.done)
	cs.looking = nil
	switch {
	case cs.refused:
		s.err = fmt.Errorf("esdb: %w", eventstore.ErrClosed)
	case err != nil:
		s.err = fmt.Errorf("find a node: %w: %w", eventstore.ErrUnavailable, err)
	default:
		cs.current = &connection{owner: cs, client: client}
		return
	}
	if err == nil {
		_ = client.Close()
	}
}

// tryOut makes the client look for a node. One that finds none in time is closed when it has ended its search: closing it
// before would meet the library at work.
func (cs *connections) tryOut(client *esdb.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), cs.timeout)
	defer cancel()
	return cs.guard.run(ctx, guarded{
		// The version is asked for only because the question makes the library look for a node now.
		do:   func(context.Context) error { _, err := client.GetServerVersion(); return err },
		stop: cs.closing,
		ended: func(err error, wasLeft bool) {
			if err != nil || wasLeft {
				_ = client.Close()
			}
		},
		left: func() {},
	})
}

// release gives the connection back, with how the call ended, and whether a new one may fare better.
func (c *connection) release(err error, wasLeft, bad bool) {
	c.owner.mu.Lock()
	defer c.owner.mu.Unlock()
	c.users--
	if wasLeft {
		c.hung--
	}
	if bad || wasLeft {
		c.withdraw()
	}
	if dead(err) {
		// Who calls it hangs. Closing it lets them go, by a panic that the guard makes an error; testdata/race.supp tells
		// the race detector so.
		_ = c.client.Close()
	}
	c.settle()
}

// leave is told when a call hangs.
func (c *connection) leave() {
	c.owner.mu.Lock()
	defer c.owner.mu.Unlock()
	c.hung++
	c.withdraw()
	c.settle()
}

// withdraw lets no new call use it.
func (c *connection) withdraw() {
	c.retire = true
	if c.owner.current == c {
		c.owner.current = nil
	}
}

// settle closes it once nobody uses it, but for those that were left behind: closing it ends what holds them.
func (c *connection) settle() {
	if c.retire && c.users <= c.hung {
		_ = c.client.Close()
	}
}

// close refuses new calls, and returns when those that run have ended.
func (cs *connections) close() {
	cs.mu.Lock()
	cs.refused = true
	if c := cs.current; c != nil {
		c.withdraw()
		c.settle()
	}
	cs.mu.Unlock()
	cs.calls.Wait()
}
