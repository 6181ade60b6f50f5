package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/lease"
)

// Lease implements eventstore.Leaser among the processes that have this file open, by the clock of their machine. The
// leases are in a small database of their own, <path>.leases, made by the first call, so that nothing of the log's own
// files changes. It may be deleted while no orchestrator runs. A call waits for those of other processes no longer than
// Config.BusyTimeout, and Close waits for a call that is storing its outcome.
func (s *Store) Lease(ctx context.Context, request eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	if err := lease.Validate(request); err != nil {
		return eventstore.LeaseGrant{}, err
	}
	if err := s.interrupted(ctx); err != nil {
		return eventstore.LeaseGrant{}, err
	}
	if s.cfg.ReadOnly {
		return eventstore.LeaseGrant{}, fmt.Errorf("lease: the log was opened for reading only: %w", eventstore.ErrDenied)
	}
	select {
	case s.lessor.turn <- struct{}{}:
	case <-ctx.Done():
		return eventstore.LeaseGrant{}, ctx.Err()
	case <-s.closing:
		return eventstore.LeaseGrant{}, s.refusal()
	}
	defer func() { <-s.lessor.turn }()
	if err := s.interrupted(ctx); err != nil { // close takes the turn once and for all
		return eventstore.LeaseGrant{}, err
	}
	return s.lessor.lease(ctx, s.closing, request)
}

// leasePoll is how often a call asks for the leases while another process has them.
const leasePoll = 2 * time.Millisecond

// lessor keeps the database of the leases. Who has put a token into turn uses it.
type lessor struct {
	log, path   string
	busyTimeout time.Duration
	turn        chan struct{}
	conn        *sqlite.Conn // nil until the first call, and after a failure
	file        os.FileInfo  // of what conn has open
}

func newLessor(cfg Config) *lessor {
	return &lessor{log: cfg.Path, path: cfg.Path + ".leases", busyTimeout: cfg.BusyTimeout, turn: make(chan struct{}, 1)}
}

func (l *lessor) close() error {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	if l.conn == nil {
		return nil
	}
	return l.conn.Close()
}

func (l *lessor) lease(ctx context.Context, closing <-chan struct{}, request eventstore.LeaseRequest,
) (eventstore.LeaseGrant, error) {
	if err := l.open(); err != nil {
		return eventstore.LeaseGrant{}, l.explain(err)
	}
	if err := l.begin(ctx, closing); err != nil {
		return eventstore.LeaseGrant{}, l.explain(err)
	}
	grant, err := l.settle(request)
	if err == nil {
		if _, err = query(l.conn, sqlCommit); err == nil {
			return grant, nil
		}
		if !isClean(err) {
			l.drop()
			return eventstore.LeaseGrant{}, fmt.Errorf("lease: commit to %q: %w: %w", l.path, eventstore.ErrIndeterminate, err)
		}
	}
	if !l.conn.AutocommitEnabled() {
		if _, rollbackErr := query(l.conn, sqlRollback); rollbackErr != nil {
			l.drop() // which rolls back
		}
	}
	return eventstore.LeaseGrant{}, l.explain(err)
}

// open connects, unless that was done and the file is the same still: two owners that hold the leases of two files would
// both have all of them.
func (l *lessor) open() error {
	if l.conn != nil {
		if now, err := os.Stat(l.path); err == nil && os.SameFile(now, l.file) {
			return nil
		}
		l.drop()
	}
	log, err := os.Stat(l.log)
	if err != nil {
		return err
	}
	_, err = os.Stat(l.path)
	missing := errors.Is(err, os.ErrNotExist)
	// What a rollback journal has committed is durable once its end was synced, which is so when it is truncated and not
	// when it is deleted. A WAL would need two more files.
	conn, err := connect(l.path, sqlite.OpenReadWrite|sqlite.OpenCreate, sqlTruncateJournal)
	if err != nil {
		return err
	}
	if missing {
		err = os.Chmod(l.path, log.Mode().Perm())
	}
	if err == nil {
		l.file, err = os.Stat(l.path)
	}
	if err != nil {
		_ = conn.Close()
		return err
	}
	l.conn = conn
	return nil
}

func (l *lessor) drop() {
	_ = l.conn.Close()
	l.conn = nil
}

// begin waits until no other process has the database.
func (l *lessor) begin(ctx context.Context, closing <-chan struct{}) error {
	deadline := time.Now().Add(l.busyTimeout)
	l.conn.SetBusyTimeout(0)
	defer l.conn.SetBusyTimeout(connectionBusyTimeout) // the commit waits for those that are about to ask
	for {
		_, err := query(l.conn, sqlBegin)
		if !isBusy(err) || time.Now().After(deadline) {
			return err
		}
		timer := time.NewTimer(leasePoll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-closing:
			timer.Stop()
			return eventstore.ErrClosed
		}
	}
}

// settle answers the request within the transaction that has begun.
func (l *lessor) settle(request eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	if _, err := query(l.conn, sqlLeases); err != nil {
		return eventstore.LeaseGrant{}, err
	}
	stored, now, err := l.read(request.Group)
	if err != nil {
		return eventstore.LeaseGrant{}, err
	}
	next, grant, err := lease.Answer(stored, now, lasting(request))
	if err != nil {
		return eventstore.LeaseGrant{}, err
	}
	stmt, err := l.conn.Prepare(sqlSetLeases)
	if err != nil {
		return eventstore.LeaseGrant{}, unprepared(err)
	}
	stmt.BindText(1, request.Group)
	stmt.BindText(2, string(next))
	return grant, run(stmt)
}

// lasting makes up for SQLite's clock, which counts whole milliseconds: leases end no earlier than what was asked for.
func lasting(request eventstore.LeaseRequest) eventstore.LeaseRequest {
	request.TTL += time.Millisecond
	return request
}

// read returns the state of a group, nil for one that is new, and the time by SQLite's clock.
func (l *lessor) read(group string) (state []byte, now time.Time, err error) {
	stmt, err := l.conn.Prepare(sqlReadLeases)
	if err != nil {
		return nil, time.Time{}, unprepared(err)
	}
	stmt.BindText(1, group)
	if _, err := stmt.Step(); err != nil {
		return nil, time.Time{}, err
	}
	now = time.UnixMilli(int64(math.Round(stmt.ColumnFloat(0) * 1000))).UTC()
	state = []byte(stmt.ColumnText(1))
	return state, now, stmt.Reset()
}

// explain says in the caller's terms why nothing was granted.
func (l *lessor) explain(err error) error {
	doing := fmt.Sprintf("lease by %q: nothing was stored", l.path)
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultCantOpen {
		return fmt.Errorf("%s: %w", doing, explainCantOpen(Config{Path: l.path}, err))
	}
	err = translate(doing, err)
	if errors.Is(err, eventstore.ErrCorrupt) {
		return fmt.Errorf("%w; leases are made anew when the file is deleted, while no orchestrator runs", err)
	}
	return err
}
