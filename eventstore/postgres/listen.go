package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// listen rings the bell whenever the server tells of a commit, and at every poll interval, until it is stopped. What the
// server tells is a hint: without a connection for it, polling goes on.
func (s *Store) listen(stop <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan struct{})
	defer func() { <-ended }()
	defer cancel()
	go func() {
		defer close(ended)
		select {
		case <-stop:
		case <-s.closing:
		case <-ctx.Done():
		}
		cancel()
	}()
	l := listener{store: s}
	defer l.disconnect()
	for ctx.Err() == nil {
		l.wait(ctx)
		s.bell.Ring()
	}
}

type listener struct {
	store *Store
	conn  *pgx.Conn // nil while there is none
}

// wait returns when something was committed, perhaps, or the poll interval is over.
func (l *listener) wait(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, l.store.cfg.PollInterval)
	defer cancel()
	if l.conn != nil {
		// A wait that times out leaves the connection as it was.
		if _, err := l.conn.WaitForNotification(limited); err != nil && (limited.Err() == nil || l.conn.IsClosed()) {
			l.disconnect()
		}
		return
	}
	began := time.Now()
	if l.connect(ctx) {
		return // something may have been committed meanwhile
	}
	timer := time.NewTimer(max(0, l.store.cfg.PollInterval-time.Since(began)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (l *listener) connect(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, l.store.cfg.CallTimeout)
	defer cancel()
	conn, err := l.store.sessions.connect(ctx)
	if err != nil {
		return false
	}
	l.conn = conn
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel(l.store.cfg.Schema)}.Sanitize()); err != nil {
		l.disconnect()
		return false
	}
	return true
}

func (l *listener) disconnect() {
	if l.conn != nil {
		hangUp(l.conn)
		l.conn = nil
	}
}

// hangUp closes a connection, and waits for the server no longer than a moment.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
