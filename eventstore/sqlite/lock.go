package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

var lockName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// Lock implements eventstore.Locker with the file <path>.<name>.lock, in which the holder writes its process id, its host
// and since when. The file stays when the lock is released; what counts is the operating system's lock on it, which two
// stores in one process cannot both have either. A lock does not end with the store but with its own Close. The name is
// of letters, digits, '.', '_' and '-'.
func (s *Store) Lock(ctx context.Context, name string) (io.Closer, error) {
	return s.lock(ctx, name, false)
}

// LockShared implements eventstore.Locker as Lock does. Of those who share a lock the file names the last to come, until
// it goes.
func (s *Store) LockShared(ctx context.Context, name string) (io.Closer, error) {
	return s.lock(ctx, name, true)
}

func (s *Store) lock(ctx context.Context, name string, shared bool) (io.Closer, error) {
	if !lockName.MatchString(name) {
		return nil, fmt.Errorf("lock name %q is not made of letters, digits, '.', '_' and '-': %w", name, eventstore.ErrInvalid)
	}
	if err := s.interrupted(ctx); err != nil {
		return nil, err
	}
	if s.cfg.ReadOnly {
		return nil, fmt.Errorf("lock %q: the log was opened for reading only: %w", name, eventstore.ErrDenied)
	}
	path := s.cfg.Path + "." + name + ".lock"
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock %q: %w: %w", name, eventstore.ErrDenied, err)
	}
	taken := &fileLock{file: file, holder: holderLine(shared)}
	err = tryLock(file, shared)
	if errors.Is(err, errLockHeld) {
		err = &eventstore.LockedError{Name: name, Holder: readHolder(file)}
	}
	if err == nil {
		err = taken.sign()
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock: %w", err)
	}
	return taken, nil
}

type fileLock struct {
	once   sync.Once
	file   *os.File
	holder string // the line that names this holder
}

// sign names this holder in the file. Those who share a lock may do so at once; a line that is longer than the other then
// leaves its end behind, which is why the first line counts and nothing else.
func (l *fileLock) sign() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(l.holder), 0)
	return err
}

// Close releases the lock; a second Close does nothing.
func (l *fileLock) Close() (err error) {
	l.once.Do(func() {
		// Empty first, lest the next holder be taken for this one; but not of the name of another one who stays.
		if firstLine(l.file) == strings.TrimSpace(l.holder) {
			err = l.file.Truncate(0)
		}
		err = errors.Join(err, l.file.Close()) // closing the file is what releases the lock
	})
	return err
}

func holderLine(shared bool) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	how := ""
	if shared {
		how = ", with all others who share it"
	}
	return fmt.Sprintf("process %d on %s since %s%s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339Nano), how)
}

func readHolder(file *os.File) string {
	if holder := firstLine(file); holder != "" {
		return holder
	}
	return "a process that has just taken it, or by some who share it"
}

func firstLine(file *os.File) string {
	text := make([]byte, 512)
	n, _ := file.ReadAt(text, 0)
	line, _, _ := strings.Cut(string(text[:n]), "\n")
	return strings.TrimSpace(line)
}
