//go:build !windows

package sqlite

import (
	"errors"
	"os"
	"syscall"
)

var errLockHeld = errors.New("held by another")

// tryLock takes a lock, alone or with others who share it. It belongs to this open file, so two opens in one process exclude
// each other too, and the operating system releases it when the process dies.
func tryLock(f *os.File, shared bool) error {
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
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
