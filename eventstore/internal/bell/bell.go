package bell

import (
	"sync"
	"sync/atomic"
)

// Bell is rung at every commit. While there is any subscription, one goroutine of the store's looks for the commits of
// others. The zero value is ready for use.
type Bell struct {
	// Asleep counts the subscriptions that wait for the bell: when it is 0, nobody needs to look.
	Asleep atomic.Int32

	mu      sync.Mutex
	wake    chan struct{} // closed at the next ring; nil when nobody asked for it
	joined  int
	stop    chan struct{} // closing it ends the watcher
	stopped chan struct{} // closed when it has ended
}

// Next returns a channel that is closed when the bell is rung after this call.
func (b *Bell) Next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wake == nil {
		b.wake = make(chan struct{})
	}
	return b.wake
}

// Ring wakes everybody who has asked for the next ring.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wake != nil {
		close(b.wake)
		b.wake = nil
	}
}

// Join counts a subscription. The first one starts watch; when the last one leaves, leave returns after watch has.
func (b *Bell) Join(watch func(stop <-chan struct{})) (leave func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.joined++; b.joined == 1 {
		stop, stopped := make(chan struct{}), make(chan struct{})
		b.stop, b.stopped = stop, stopped
		go func() {
			defer close(stopped)
			watch(stop)
		}()
	}
	return b.leave
}

func (b *Bell) leave() {
	b.mu.Lock()
	stopped := b.stopped
	b.joined--
	last := b.joined == 0
	if last {
		close(b.stop)
	}
	b.mu.Unlock()
	if last {
		<-stopped
	}
}

// Quiet returns when nobody watches. The store is closing, so that no watcher goes on, and none is started that would.
func (b *Bell) Quiet() {
	b.mu.Lock()
	stopped := b.stopped
	b.mu.Unlock()
	if stopped != nil {
		<-stopped
	}
}
