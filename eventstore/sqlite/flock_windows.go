package sqlite

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

var errLockHeld = errors.New("held by another")

// lockOffset is far behind what the file holds, because a locked range cannot be read by others.
const lockOffset = 1 << 30

// tryLock takes a lock, alone or with others who share it. It belongs to this open file, so two opens in one process exclude
// each other too, and the operating system releases it when the process dies.
func tryLock(f *os.File, shared bool) error {
	at := windows.Overlapped{Offset: lockOffset}
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if !shared {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errLockHeld
	}
	return err
}

func unlock(f *os.File) error {
	at := windows.Overlapped{Offset: lockOffset}
	return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, &at)
}
