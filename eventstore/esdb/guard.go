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

// guard runs calls of the library in goroutines of their own, so that one which does not return holds up nobody.
type guard struct {
	max  int64
	hung atomic.Int64 // calls that were left behind and have not returned
}

// do runs a call until it returns or the context ends.
func (g *guard) do(ctx context.Context, call func() error) error {
	return g.doThen(ctx, call, func(error) {}, func() {})
}

// doThen also says how the call ended, whenever it does, and when it is left behind.
func (g *guard) doThen(ctx context.Context, call func() error, ended func(error), left func()) error {
	if n := g.hung.Load(); n >= g.max {
		err := fmt.Errorf("%d calls hang inside the client library: %w", n, eventstore.ErrUnavailable)
		ended(nil)
		return err
	}
	const running, returned, leftBehind = 0, 1, 2
	var state atomic.Int32
	done := make(chan error, 1)
	go func() {
		err := recovered(call)
		ended(err)
		if !state.CompareAndSwap(running, returned) {
			g.hung.Add(-1)
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
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
	left()
	return fmt.Errorf("%w: %w", errHung, ctx.Err())
}

// recovered makes an error of a panic, which the library has for calls that meet a connection being closed.
func recovered(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(errHung, fmt.Errorf("the client library panicked: %v", p))
		}
	}()
	return call()
}
