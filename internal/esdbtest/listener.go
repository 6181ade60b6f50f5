package esdbtest

import (
	"net"
	"sync"
)

// listener remembers the connections that it accepted, so that they can be broken.
type listener struct {
	net.Listener
	mu    sync.Mutex
	conns map[*conn]bool
}

type conn struct {
	net.Conn
	l *listener
}

func newListener(l net.Listener) *listener {
	return &listener{Listener: l, conns: map[*conn]bool{}}
}

func (l *listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{accepted, l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[c] = true
	return c, nil
}

func (c *conn) Close() error {
	c.l.mu.Lock()
	delete(c.l.conns, c)
	c.l.mu.Unlock()
	return c.Conn.Close()
}

// drop closes the connection from an address, all of them when it is empty.
func (l *listener) drop(from string) {
	l.mu.Lock()
	var found []*conn
	for c := range l.conns {
		if from == "" || c.RemoteAddr().String() == from {
			found = append(found, c)
		}
	}
	l.mu.Unlock()
	for _, c := range found {
		_ = c.Close() // the other side may have been first
	}
}
