package sqlite

import (
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// writer is the one goroutine of a store that appends. It owns the connection that writes.
type writer struct {
	store    *Store
	conn     *sqlite.Conn
	begin    *sqlite.Stmt
	commit   *sqlite.Stmt
	rollback *sqlite.Stmt
	stager   *stager
	wal      *checkpointer
	turn     *turnstile
	mark     *mark
	batch    []*request
	done     chan struct{}
}

func newWriter(store *Store, conn *sqlite.Conn) (_ *writer, err error) {
	w := &writer{store: store, conn: conn, done: make(chan struct{})}
	if w.stager, err = newStager(conn, store.cfg.CachedStreams); err != nil {
		return nil, err
	}
	if w.wal, err = newCheckpointer(conn, store.readers); err != nil {
		return nil, err
	}
	err = prepareAll(conn, map[string]**sqlite.Stmt{sqlBegin: &w.begin, sqlCommit: &w.commit, sqlRollback: &w.rollback})
	if err != nil {
		return nil, err
	}
	if w.turn, err = newTurnstile(store.cfg.Path + ".turn"); err != nil {
		return nil, err
	}
	if w.mark, err = openMark(store.cfg.Path, store.logID); err != nil {
		return nil, errors.Join(err, w.turn.close())
	}
	conn.SetBusyTimeout(0) // it waits by itself, where it notices that the store closes
	return w, nil
}

// run writes until the queue is closed.
func (w *writer) run() {
	defer close(w.done)
	for range w.store.queue.wake {
		if w.store.queue.closed() {
			return
		}
		w.cycle()
	}
}

// cycle commits one batch. The appends are taken only when the write lock is held, so that until then they can be
// withdrawn and others can join.
func (w *writer) cycle() {
	if err := w.lock(); err != nil {
		w.store.queue.fail(err)
		return
	}
	bound := make(chan struct{})
	w.batch = w.store.queue.take(w.batch[:0], bound)
	err := w.write(bound)
	for _, r := range w.batch {
		if err != nil {
			r.result, r.err = eventstore.AppendResult{}, err
		}
		r.done <- struct{}{}
	}
	clear(w.batch)
	if err == nil {
		w.stager.heads.trim()
		w.store.wakeups.notify()
		if err := w.wal.tend(); err != nil {
			w.store.fail(err)
		}
	}
}

// write stores the batch in the transaction that has begun, and ends the transaction. On an error every result is void:
// it was decided on what is now undone.
func (w *writer) write(bound chan struct{}) error {
	err := w.stager.stage(w.batch)
	close(bound)
	if err == nil {
		if err = run(w.commit); err == nil {
			w.mark.write(w.stager.position)
			return nil
		}
		if !isClean(err) {
			return w.failed("commit", err)
		}
	}
	if isFailedSync(err) {
		return w.failed("write", err)
	}
	if rollbackErr := w.undo(); rollbackErr != nil {
		return w.failed("roll back", rollbackErr)
	}
	return translate(fmt.Sprintf("append to %q: nothing was stored", w.store.cfg.Path), err)
}

// undo leaves no transaction behind. SQLite has already rolled back by itself after some errors.
func (w *writer) undo() error {
	w.stager.forget()
	if w.conn.AutocommitEnabled() {
		return nil
	}
	return run(w.rollback)
}

// failed makes the store refuse everything, because it is not known what is stored.
func (w *writer) failed(doing string, err error) error {
	_ = w.undo()
	err = fmt.Errorf("%s: %w", doing, err)
	w.store.fail(err)
	return fmt.Errorf("append: %w: %w", eventstore.ErrIndeterminate, err)
}

// lock begins a transaction that may write. When another process holds the lock, it tries again until it is free, the
// store closes, or the busy timeout is over.
func (w *writer) lock() error {
	leave := w.turn.enter(w.store.closing)
	defer leave()
	var deadline time.Time
	for {
		err := run(w.begin)
		if !isBusy(err) {
			return translate(fmt.Sprintf("append to %q: begin", w.store.cfg.Path), err)
		}
		now := time.Now()
		if deadline.IsZero() {
			deadline = now.Add(w.store.cfg.BusyTimeout)
		}
		if now.After(deadline) {
			return fmt.Errorf("another process has held the write lock for %s: %w: %w",
				w.store.cfg.BusyTimeout, eventstore.ErrUnavailable, err)
		}
		if !sleep(w.store.closing, lockPoll) {
			return fmt.Errorf("append: %w", eventstore.ErrClosed)
		}
	}
}
