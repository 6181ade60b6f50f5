package sqlite

import (
	"errors"
	"os"
	"time"
)

const (
	// lockPoll is how often a writer asks for a lock that another process holds. An attempt costs some microseconds.
	lockPoll = 200 * time.Microsecond
	// turnPatience is how long a writer lets others go first. Turns are a courtesy: a process that was stopped while it
	// had its turn must not stop the rest.
	turnPatience = 250 * time.Millisecond
)

// turnstile makes the writers of several processes take turns. SQLite's own lock goes to whoever asks at the right
// moment, so a process that writes without a pause could keep another one out for long. Each writer passes the
// turnstile before it asks for the write lock, and one that waits for that lock stays in it: so the one that has just
// committed waits behind it.
type turnstile struct {
	file *os.File
}

func newTurnstile(path string) (*turnstile, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return &turnstile{file: file}, nil
}

// enter returns when it is this writer's turn, or its patience is over, or stop is closed. The result ends the turn.
func (t *turnstile) enter(stop <-chan struct{}) (leave func()) {
	var deadline time.Time
	for {
		err := tryLock(t.file, false)
		if err == nil {
			return func() { _ = unlock(t.file) }
		}
		now := time.Now()
		if deadline.IsZero() {
			deadline = now.Add(turnPatience)
		}
		if !errors.Is(err, errLockHeld) || now.After(deadline) || !sleep(stop, lockPoll) {
			return func() {}
		}
	}
}

func (t *turnstile) close() error { return t.file.Close() }

// sleep reports false when it was cut short because stop was closed.
func sleep(stop <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
		return false
	}
}
