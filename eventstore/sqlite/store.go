package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// Store is a log in one SQLite file. Its methods may be called concurrently.
type Store struct {
	cfg     Config
	logID   string
	names   *nameCache
	readers *pool
	cursors sync.Pool
	wakeups wakeups
	lessor  *lessor

	queue  *queue
	writer *writer // nil when opened for reading only

	failure   atomic.Pointer[error] // why every call is refused
	closing   chan struct{}
	closeOnce sync.Once
}

var (
	_ eventstore.Store      = (*Store)(nil)
	_ eventstore.Identified = (*Store)(nil)
	_ eventstore.Locker     = (*Store)(nil)
	_ eventstore.Counted    = (*Store)(nil)
	_ eventstore.Leaser     = (*Store)(nil)
)

// LogID implements eventstore.Identified. The id was made with the file and is stored in it.
func (s *Store) LogID(ctx context.Context) (string, error) {
	if err := s.interrupted(ctx); err != nil {
		return "", err
	}
	return s.logID, nil
}

// Close implements eventstore.Store. It waits for the transaction that is being written and for the pages that are being
// read; appends that the writer has not taken get ErrClosed, and nothing of them is stored. It may be called from the
// body of a loop over any of the store's iterators.
func (s *Store) Close() (err error) {
	s.closeOnce.Do(func() { err = s.close() })
	return err
}

func (s *Store) close() error {
	close(s.closing)
	var problems []error
	if s.writer != nil {
		s.queue.close(fmt.Errorf("append: %w", eventstore.ErrClosed))
		<-s.writer.done
	}
	s.wakeups.quiet()
	problems = append(problems, s.readers.close(), s.lessor.close())
	if s.writer != nil {
		// Last, as the last connection of all moves the WAL into the database and deletes it.
		problems = append(problems, s.writer.conn.Close(), s.writer.turn.close(), s.writer.mark.close())
	}
	return errors.Join(problems...)
}

// refusal says why the store takes no call.
func (s *Store) refusal() error {
	select {
	case <-s.closing:
		return fmt.Errorf("sqlite: %w", eventstore.ErrClosed)
	default:
	}
	if failure := s.failure.Load(); failure != nil {
		return *failure
	}
	return nil
}

// fail makes the store refuse every call from now on.
func (s *Store) fail(err error) {
	err = fmt.Errorf("%w: %w", ErrFailed, err)
	s.failure.CompareAndSwap(nil, &err)
	s.queue.close(err)
	s.wakeups.notify()
}

// openReading opens a connection that reads.
func (s *Store) openReading() (*sqlite.Conn, error) {
	conn, err := connect(s.cfg.Path, readFlags(s.cfg), sqlQueryOnly, sqlReaderCache, sqlMmap)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", s.cfg.Path, err)
	}
	return conn, nil
}

func (s *Store) openReader() (*reader, error) {
	conn, err := s.openReading()
	if err != nil {
		return nil, err
	}
	return newReader(conn, s.names)
}

// readFlags lets readers of a writable log share its memory with the writer in full: a connection that may not write at
// all cannot recover the log after a crash.
func readFlags(cfg Config) sqlite.OpenFlags {
	if cfg.ReadOnly {
		return sqlite.OpenReadOnly
	}
	return sqlite.OpenReadWrite
}

// EventsBetween counts by the positions, which have no gaps.
func (s *Store) EventsBetween(after, upTo eventstore.Position) int64 { return upTo.Since(after) }
