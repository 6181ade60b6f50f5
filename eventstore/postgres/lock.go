package postgres

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"regexp"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaldgo/skald/eventstore"
)

var lockName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// Lock implements eventstore.Locker with an advisory lock of a session that is opened for it, and ends with it: with
// Close, with the process, and with the connection. A holder whose connection broke has lost the lock and is not told; what
// keeps its writes right is the expected revision of each append, as everywhere. The name is of letters, digits, '.', '_'
// and '-'. A lock does not end with the store but with its own Close.
func (s *Store) Lock(ctx context.Context, name string) (io.Closer, error) {
	return s.lock(ctx, name, sqlTryLock)
}

// LockShared implements eventstore.Locker as Lock does.
func (s *Store) LockShared(ctx context.Context, name string) (io.Closer, error) {
	return s.lock(ctx, name, sqlTryLockShared)
}

func (s *Store) lock(ctx context.Context, name, statement string) (io.Closer, error) {
	if !lockName.MatchString(name) {
		return nil, fmt.Errorf("lock name %q is not made of letters, digits, '.', '_' and '-': %w", name, eventstore.ErrInvalid)
	}
	if err := s.interrupted(ctx); err != nil {
		return nil, err
	}
	if s.cfg.ReadOnly {
		return nil, fmt.Errorf("lock %q: the log was opened for reading only: %w", name, eventstore.ErrDenied)
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	conn, err := s.sessions.connect(ctx)
	if err != nil {
		return nil, translate("lock", err)
	}
	if err := take(ctx, conn, statement, advisoryKey(s.logID, name), name); err != nil {
		hangUp(conn)
		return nil, translate("lock", err)
	}
	return &sessionLock{conn: conn}, nil
}

func take(ctx context.Context, conn *pgx.Conn, statement string, key int64, name string) error {
	var taken bool
	if err := conn.QueryRow(ctx, statement, key).Scan(&taken); err != nil {
		return err
	}
	if !taken {
		holder := ""
		if err := conn.QueryRow(ctx, sqlHolder, key).Scan(&holder); err != nil || holder == "" {
			holder = "another session"
		}
		return &eventstore.LockedError{Name: name, Holder: holder}
	}
	// Who has the lock is told by the session's name, where the next one finds it.
	_, err := conn.Exec(ctx, sqlNameSession, holderName())
	return err
}

// holderName fits into the 63 bytes of a session's name.
func holderName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	since := time.Now().UTC().Format("2006-01-02T15:04Z")
	return fmt.Sprintf("process %d on %.20s since %s", os.Getpid(), host, since)
}

// advisoryKey tells our locks from those of others in the same database, and the locks of one log from those of another.
func advisoryKey(log, name string) int64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, "skald\x00"+log+"\x00"+name)
	return int64(h.Sum64())
}

// unlockTimeout is how long the server may take to release a lock until it is left to the end of the session.
const unlockTimeout = 5 * time.Second

type sessionLock struct {
	once sync.Once
	conn *pgx.Conn
}

// Close releases the lock; a second Close does nothing.
func (l *sessionLock) Close() error {
	l.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), unlockTimeout)
		defer cancel()
		// The end of the session releases it as well, but a server that is busy lets nobody see when.
		_, _ = l.conn.Exec(ctx, sqlUnlock)
		hangUp(l.conn)
	})
	return nil
}
