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
	err = tryLock(file)
	if errors.Is(err, errLockHeld) {
		err = &eventstore.LockedError{Name: name, Holder: readHolder(file)}
	}
	if err == nil {
		err = writeHolder(file)
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock: %w", err)
	}
	return &fileLock{file: file}, nil
}

type fileLock struct {
	once sync.Once
	file *os.File
}

// Close releases the lock; a second Close does nothing.
func (l *fileLock) Close() (err error) {
	l.once.Do(func() {
		// Empty first, lest the next holder be taken for this one. Closing the file is what releases the lock.
		err = errors.Join(l.file.Truncate(0), l.file.Close())
	})
	return err
}

func writeHolder(file *os.File) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	text := fmt.Sprintf("process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err = file.WriteAt([]byte(text), 0)
	return err
}

func readHolder(file *os.File) string {
	text := make([]byte, 512)
	n, _ := file.ReadAt(text, 0)
	holder := strings.TrimSpace(string(text[:n]))
	if holder == "" {
		return "a process that has just taken it"
	}
	return holder
}
