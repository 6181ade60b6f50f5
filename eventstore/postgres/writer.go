package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/groupcommit"
)

// writer is the one goroutine of a store that appends. It owns the connection that writes.
type writer struct {
	store *Store
	conn  *pgx.Conn // nil until it is needed, and after it broke
	stage *stage
	batch []*groupcommit.Request
	done  chan struct{}
}

func newWriter(s *Store) *writer {
	return &writer{store: s, stage: newStage(s.cfg.CachedStreams), done: make(chan struct{})}
}

// run writes until the queue is closed. The context ends the wait for the head, not a transaction that has it.
func (w *writer) run(waiting context.Context) {
	defer close(w.done)
	defer w.disconnect()
	for range w.store.queue.Wake() {
		if w.store.queue.Closed() {
			return
		}
		w.cycle(waiting)
	}
}

// cycle commits one batch. The appends are taken only when the head is locked, so that until then they can be withdrawn
// and others can join.
func (w *writer) cycle(waiting context.Context) {
	limited, cancel := context.WithTimeout(waiting, w.store.cfg.CallTimeout)
	err := w.begin(limited)
	cancel()
	if err != nil {
		if waiting.Err() != nil {
			err = eventstore.ErrClosed
		}
		w.store.queue.Fail(translate("append: nothing was stored", err))
		return
	}
	bound := make(chan struct{})
	w.batch = w.store.queue.Take(w.batch[:0], bound)
	limited, cancel = context.WithTimeout(context.WithoutCancel(waiting), w.store.cfg.CallTimeout)
	err = w.write(limited)
	cancel()
	close(bound)
	for _, r := range w.batch {
		if err != nil {
			r.Result, r.Err = eventstore.AppendResult{}, err
		}
		r.Done()
	}
	clear(w.batch)
	if err == nil {
		w.store.bell.Ring()
	}
}

// begin starts a transaction that holds the head. A connection that broke while it was idle is replaced once.
func (w *writer) begin(ctx context.Context) error {
	fresh := w.conn == nil
	err := w.tryBegin(ctx)
	if err != nil && !fresh && w.conn == nil && ctx.Err() == nil {
		err = w.tryBegin(ctx)
	}
	return err
}

func (w *writer) tryBegin(ctx context.Context) (err error) {
	if w.conn == nil {
		if w.conn, err = w.store.sessions.connect(ctx); err != nil {
			w.conn = nil
			return err
		}
	}
	var head, streams int64
	var both pgx.Batch
	both.Queue(sqlBegin)
	both.Queue(sqlLockHead).QueryRow(func(row pgx.Row) error { return row.Scan(&head, &streams) })
	if err := w.conn.SendBatch(ctx, &both).Close(); err != nil {
		w.abandon()
		return err
	}
	w.stage.begin(head, streams)
	return nil
}

// write decides the batch, and ends the transaction that has begun. On an error every result is void: it was decided on
// what is now undone.
func (w *writer) write(ctx context.Context) error {
	if err := w.stage.decide(ctx, w.conn, w.batch); err != nil {
		w.abandon()
		return translate("append: nothing was stored", err)
	}
	err := w.conn.SendBatch(ctx, w.commit()).Close()
	if err == nil {
		w.stage.committed()
		return nil
	}
	w.abandon()
	if undone(err) {
		return translate("append: nothing was stored", err)
	}
	return fmt.Errorf("append: the connection was lost while it was committed: %w: %w", eventstore.ErrIndeterminate, err)
}

// commit is the second half of the transaction in one round trip.
func (w *writer) commit() *pgx.Batch {
	s, b := w.stage, &pgx.Batch{}
	if len(s.newNames) > 0 {
		b.Queue(sqlInsertStreams, s.newNumbers, s.newNames)
	}
	if len(s.rows.positions) > 0 {
		r := &s.rows
		b.Queue(sqlInsertEvents, r.positions, r.streams, r.revisions, r.ids, r.types, r.data, r.metadata, r.checksums, s.now)
		b.Queue(sqlMoveHead, s.head, s.streams)
		b.Queue(sqlNotify, channel(w.store.cfg.Schema))
	}
	b.Queue(sqlCommit)
	return b
}

// abandon leaves no transaction behind, and no knowledge of what it saw. Closing the connection is what rolls back: it
// works in whatever state the connection is.
func (w *writer) abandon() {
	w.stage.forget()
	w.disconnect()
}

func (w *writer) disconnect() {
	if w.conn != nil {
		hangUp(w.conn)
		w.conn = nil
	}
}

// channel is the one on which commits to a log are told.
func channel(schema string) string { return "skald_" + schema }
