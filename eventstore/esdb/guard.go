package esdb

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// grace is how long a call whose context has ended is given to return by itself.
const grace = 100 * time.Millisecond

var (
	// errHung: the library did not return in time.
	errHung = errors.New("the client library does not return")
	// errPanicked: the library met a connection that was being closed.
	errPanicked = errors.New("the client library panicked")
)

// guard runs calls of the library in goroutines of their own, so that one which does not return holds up nobody.
type guard struct {
	max  int64
	hung atomic.Int64 // calls that were left behind and have not returned
}

// guarded is one call of the library.
type guarded struct {
	do   func(context.Context) error
	stop <-chan struct{} // when it is closed, the context of the call ends; nil for calls that are to finish
	// ended is told how the call ended, whenever it does, and whether it was left behind by then.
	ended func(err error, wasLeft bool)
	left  func() // is told when the call is left behind
}

// run waits until the call returns or the context ends.
func (g *guard) run(ctx context.Context, c guarded) error {
	if n := g.hung.Load(); n >= g.max {
		err := fmt.Errorf("%d calls hang inside the client library: %w", n, eventstore.ErrUnavailable)
		c.ended(err, false)
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	const running, returned, leftBehind = 0, 1, 2
	var state atomic.Int32
	done := make(chan error, 1)
	go func() {
		err := recovered(ctx, c.do)
		wasLeft := !state.CompareAndSwap(running, returned)
		if wasLeft {
			g.hung.Add(-1)
		}
		c.ended(err, wasLeft)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-c.stop:
		cancel()
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
	}
	g.hung.Add(1)
	if !state.CompareAndSwap(running, leftBehind) { // it has returned at this very moment
		g.hung.Add(-1)
		return <-done
	}
	c.left()
	return fmt.Errorf("%w: %w", errHung, ctx.Err())
}

// recovered makes an error of a panic, which the library has for calls that meet a connection being closed.
func recovered(ctx context.Context, call func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanicked, p)
		}
	}()
	return call(ctx)
}
