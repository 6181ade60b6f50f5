package main_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// fullness is a way in which a disk can have no room left.
type fullness struct {
	name string
	// prepare returns a data directory with room, and what takes the room from a process and gives it back.
	prepare func(t *testing.T) (data string, fill, free func(d *dev))
}

// waysToBeFull are those that this machine allows: a real file system of its own needs the right to mount one.
func waysToBeFull(t *testing.T) []fullness {
	t.Helper()
	ways := []fullness{{"that its limit of file size makes", limited}}
	probe := t.TempDir()
	err := syscall.Mount("tmpfs", probe, "tmpfs", 0, "size=64k")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Logf("only a limit stands for a full disk here: mounting one of its own gives %v", err)
		return ways
	}
	require.NoError(t, err)
	require.NoError(t, syscall.Unmount(probe, 0))
	return append(ways, fullness{"that is a small file system", mounted})
}

// limited takes away the room by forbidding the process to write to any file, for which the kernel answers EFBIG.
func limited(t *testing.T) (data string, fill, free func(d *dev)) {
	t.Helper()
	data = keptWhenItFails(t)
	limit := func(d *dev, bytes uint64) {
		l := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
		_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(d.cmd.Process.Pid), syscall.RLIMIT_FSIZE,
			uintptr(unsafe.Pointer(&l)), 0, 0, 0)
		if errno != 0 && errno != syscall.ESRCH {
			require.NoError(t, errno)
		}
	}
	return data, func(d *dev) { limit(d, 0) }, func(d *dev) { limit(d, ^uint64(0)) }
}

// mounted fills a file system of its own, for which the kernel answers ENOSPC.
func mounted(t *testing.T) (data string, fill, free func(d *dev)) {
	t.Helper()
	disk := t.TempDir()
	require.NoError(t, syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64m"))
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(disk, syscall.MNT_DETACH)) })
	ballast := filepath.Join(disk, "ballast")
	fill = func(*dev) {
		file, err := os.Create(ballast)
		require.NoError(t, err)
		for block := make([]byte, 4096); err == nil; {
			_, err = file.Write(block)
		}
		require.ErrorIs(t, err, syscall.ENOSPC)
		require.NoError(t, file.Close())
	}
	return filepath.Join(disk, "data"), fill, func(*dev) { require.NoError(t, os.Remove(ballast)) }
}

func TestAFullDisk(t *testing.T) {
	for _, way := range waysToBeFull(t) {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			t.Run("ends a dev that starts sagas with an error, and nothing acknowledged is missing", func(t *testing.T) {
				t.Parallel() // dev does not give up at once
				data, fill, free := way.prepare(t)
				acks := filepath.Join(t.TempDir(), "acks")
				d := startDev(t, data, "--rate", "150/s", "--ack-file", acks)
				d.awaitAcks(t, acks, 100)
				fill(d)
				requireFull(t, d)
				free(d)
				requireUnharmed(t, data).requireStarted(t, acknowledged(t, acks))
			})
			t.Run("ends a dev that goes on with open sagas, and they end when there is room again", func(t *testing.T) {
				t.Parallel() // dev does not give up at once
				data, fill, free := way.prepare(t)
				acks := filepath.Join(t.TempDir(), "acks")
				d := startDev(t, data, "--rate", "150/s", "--ack-file", acks)
				d.awaitAcks(t, acks, 100)
				d.kill(t)
				d = startDev(t, data, "--rate", "0", "--fail-rate", "0.9")
				d.awaitReady(t)
				fill(d)
				requireFull(t, d)
				free(d)
				requireUnharmed(t, data).requireStarted(t, acknowledged(t, acks))
			})
		})
	}
}

// requireFull waits for dev to end, and checks that it says why.
func requireFull(t *testing.T, d *dev) {
	t.Helper()
	require.Equal(t, 5, d.exitCode(t), "%s", d.stderr)
	require.Regexp(t, "(?s)error: .*(full|disk I/O error)", d.stderr.String())
	require.Contains(t, d.stderr.String(), "hint: is the disk full")
}
