package cutproxy

import (
	"context"
	"net"
	"time"
)

// link is one connection. What changes is guarded by the proxy's lock.
type link struct {
	proxy          *Proxy
	client, server *net.TCPConn
	left           int64 // bytes until the fault strikes
	struck         bool  // since then nothing more passes, unless the fault was a delay
}

// close ends both sides. It may be called again.
func (l *link) close(reset bool) {
	for _, side := range []*net.TCPConn{l.client, l.server} {
		if reset {
			_ = side.SetLinger(0)
		}
		_ = side.Close()
	}
}

// pump passes the bytes of one direction on, until they or the link end.
func (l *link) pump(ctx context.Context, d Direction) {
	from, to := l.client, l.server
	if d == ToClient {
		from, to = to, from
	}
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		for rest := buffer[:n]; len(rest) > 0; {
			pass, fault := l.next(d, len(rest))
			if fault.Kind == Delay && !pause(ctx, fault.Pause) {
				return
			}
			if _, err := to.Write(rest[:pass]); err != nil {
				return
			}
			rest = rest[pass:]
			if l.strike(fault.Kind, to) {
				break
			}
		}
		if err != nil {
			if !l.stalled(d) {
				_ = to.CloseWrite()
			}
			return
		}
	}
}

// next counts and says how many bytes may pass, and what happens then.
func (l *link) next(d Direction, n int) (pass int, f Fault) {
	p := l.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	pass, f = n, p.fault
	switch {
	case f.Kind == Whole || f.Direction != d || l.left > int64(n):
		f = Fault{}
	case f.Kind != Delay:
		pass = int(l.left)
	}
	p.passed[d] += int64(pass)
	if p.fault.Direction == d {
		l.left = max(0, l.left-int64(pass))
	}
	if f.Kind != Whole && !l.struck {
		p.struck++
		l.struck = true
	}
	return pass, f
}

// strike does what is to happen, and reports whether the rest of what was read is lost.
func (l *link) strike(kind Kind, to *net.TCPConn) bool {
	switch kind {
	case Close, Reset:
		l.close(kind == Reset)
	case HalfClose:
		_ = to.CloseWrite()
	case Stall:
	case Whole, Delay:
		return false
	}
	return true
}

func (l *link) stalled(d Direction) bool {
	p := l.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	return l.struck && p.fault.Kind == Stall && p.fault.Direction == d
}

// pause waits, unless the proxy is closed.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
