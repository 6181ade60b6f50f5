package cutproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
)

// Proxy passes connections on to one server. Its methods may be called concurrently.
type Proxy struct {
	target   string
	listener net.Listener
	end      context.CancelFunc
	pumps    sync.WaitGroup

	mu     sync.Mutex
	fault  Fault
	struck int64
	passed [2]int64 // bytes of all connections, by direction
	links  map[*link]bool
}

// New listens on a free port of this machine, for connections to the target, until Close.
func New(ctx context.Context, target string) (*Proxy, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for connections to %s: %w", target, err)
	}
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	p := &Proxy{target: target, listener: listener, end: end, links: map[*link]bool{}}
	p.pumps.Go(func() { p.accept(ctx) })
	return p, nil
}

// Addr is where clients connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set makes f the fault that waits for every connection, those that are open included; all counts begin again. The
// connections that a fault has struck are closed first.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		if l.struck && p.fault.Kind != Delay {
			l.close(false)
		}
		l.left, l.struck = f.After, false
	}
	p.fault, p.struck, p.passed = f, 0, [2]int64{}
}

// Struck returns how many connections the fault has struck since it was set.
func (p *Proxy) Struck() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.struck
}

// Passed returns how many bytes have come through in a direction since the fault was set.
func (p *Proxy) Passed(d Direction) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passed[d]
}

// Close ends all connections, and returns when nothing of the proxy runs any more.
func (p *Proxy) Close() error {
	p.end()
	err := p.listener.Close()
	p.mu.Lock()
	for l := range p.links {
		l.close(false)
	}
	p.mu.Unlock()
	p.pumps.Wait()
	return err
}

func (p *Proxy) accept(ctx context.Context) {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // the client is gone already
		}
		var d net.Dialer
		server, err := d.DialContext(ctx, "tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.join(ctx, client.(*net.TCPConn), server.(*net.TCPConn)) //nolint:forcetypeassert // connections of a TCP listener and a TCP dialler
	}
}

func (p *Proxy) join(ctx context.Context, client, server *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := &link{proxy: p, client: client, server: server, left: p.fault.After}
	p.links[l] = true
	if ctx.Err() != nil {
		l.close(false)
	}
	p.pumps.Go(func() {
		var both sync.WaitGroup
		both.Go(func() { l.pump(ctx, ToServer) })
		both.Go(func() { l.pump(ctx, ToClient) })
		both.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		l.close(false)
		delete(p.links, l)
	})
}
