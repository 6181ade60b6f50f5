//go:build !windows

package sqlite

import (
	"errors"
	"os"
	"syscall"
)

var errLockHeld = errors.New("held by another")

// tryLock takes a lock that belongs to this open file, so two opens in one process exclude each other too, and that the
// operating system releases when the process dies.
func tryLock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errLockHeld
		}
		return err
	}
}

func unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
