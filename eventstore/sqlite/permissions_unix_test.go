//go:build !windows

package sqlite_test

import (
	"os"
	"syscall"
)

// dropPermissions gives up the right of the superuser to write everywhere. Anybody else has none to give up.
func dropPermissions() error {
	const nobody = 65534
	if os.Geteuid() != 0 {
		return nil
	}
	if err := syscall.Setgid(nobody); err != nil {
		return err
	}
	return syscall.Setuid(nobody)
}
