package sqlite

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"
)

// wakeups tells subscriptions that there may be something new. One goroutine polls for commits of other processes while
// there is any subscription.
type wakeups struct {
	waiting atomic.Int32 // subscriptions that are asleep

	mu      sync.Mutex
	wake    chan struct{} // closed at the next commit; nil when nobody asked for it
	joined  int
	stop    chan struct{} // closing it ends the poller
	stopped chan struct{} // closed when it has ended
}

// next returns a channel that is closed when something is committed after this call.
func (w *wakeups) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wake == nil {
		w.wake = make(chan struct{})
	}
	return w.wake
}

func (w *wakeups) notify() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wake != nil {
		close(w.wake)
		w.wake = nil
	}
}

// join counts a subscription. The first one starts the poller; when the last one leaves, leave returns after it ended.
func (w *wakeups) join(poll func(stop <-chan struct{})) (leave func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.joined++; w.joined == 1 {
		stop, stopped := make(chan struct{}), make(chan struct{})
		w.stop, w.stopped = stop, stopped
		go func() {
			defer close(stopped)
			poll(stop)
		}()
	}
	return w.leave
}

func (w *wakeups) leave() {
	w.mu.Lock()
	stopped := w.stopped
	w.joined--
	last := w.joined == 0
	if last {
		close(w.stop)
	}
	w.mu.Unlock()
	if last {
		<-stopped
	}
}

// poll looks for commits by any other connection, on a connection of its own so that no reader has to wait for it.
func (s *Store) poll(stop <-chan struct{}) {
	ticker := time.NewTicker(s.cfg.PollInterval)
	defer ticker.Stop()
	var look looker
	defer look.close()
	for {
		select {
		case <-stop:
			return
		case <-s.closing:
			return
		case <-ticker.C:
		}
		if s.wakeups.waiting.Load() == 0 {
			continue
		}
		// When it cannot look, it wakes them: they meet the error themselves when they read.
		if changed, err := look.changed(s.openReading); changed || err != nil {
			s.wakeups.notify()
		}
	}
}

// looker sees whether the database was changed since it last looked.
type looker struct {
	conn    *sqlite.Conn
	stmt    *sqlite.Stmt
	version int64
}

func (l *looker) changed(open func() (*sqlite.Conn, error)) (bool, error) {
	if l.conn == nil {
		conn, err := open()
		if err != nil {
			return false, err
		}
		stmt, err := conn.Prepare(sqlDataVersion)
		if err != nil {
			return false, errors.Join(err, conn.Close())
		}
		l.conn, l.stmt = conn, stmt
	}
	if _, err := l.stmt.Step(); err != nil {
		return false, err
	}
	version := l.stmt.ColumnInt64(0)
	changed := version != l.version // the first look counts as a change
	l.version = version
	return changed, l.stmt.Reset()
}

func (l *looker) close() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// quiet returns when no poller runs. The store is closing, so none starts to look again.
func (w *wakeups) quiet() {
	w.mu.Lock()
	stopped := w.stopped
	w.mu.Unlock()
	if stopped != nil {
		<-stopped
	}
}
