package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/skaldgo/skald/eventstore"
)

// pool holds the connections that read. They are opened when they are first needed; the one used last is used next.
type pool struct {
	open    func() (*reader, error)
	closing <-chan struct{}
	slots   chan struct{} // one token for each reader in use
	pausing sync.Mutex    // held by the one that takes all slots

	mu   sync.Mutex
	idle []*reader
}

func newPool(size int, closing <-chan struct{}, open func() (*reader, error)) *pool {
	return &pool{open: open, closing: closing, slots: make(chan struct{}, size)}
}

// with lends a reader to f.
func (p *pool) with(ctx context.Context, f func(*reader) error) error {
	select {
	case p.slots <- struct{}{}:
	default:
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		case <-p.closing:
			return fmt.Errorf("read: %w", eventstore.ErrClosed)
		}
	}
	defer func() { <-p.slots }()
	select {
	case <-p.closing: // looked at with the slot in hand: close has taken all slots, or will
		return fmt.Errorf("read: %w", eventstore.ErrClosed)
	default:
	}
	r, err := p.get()
	if err != nil {
		return translate("open a connection", err)
	}
	defer p.put(r)
	return f(r)
}

func (p *pool) get() (*reader, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		r := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return r, nil
	}
	p.mu.Unlock()
	return p.open()
}

func (p *pool) put(r *reader) {
	p.mu.Lock()
	p.idle = append(p.idle, r)
	p.mu.Unlock()
}

// paused runs f while no reader is in use.
func (p *pool) paused(f func() error) error {
	p.pausing.Lock() // two that take some slots each would wait for ever
	defer p.pausing.Unlock()
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	defer func() {
		for range cap(p.slots) {
			<-p.slots
		}
	}()
	return f()
}

// close waits for the readers in use and closes all.
func (p *pool) close() error {
	return p.paused(func() error {
		var problems []error
		for _, r := range p.idle {
			problems = append(problems, r.conn.Close())
		}
		p.idle = nil
		return errors.Join(problems...)
	})
}
