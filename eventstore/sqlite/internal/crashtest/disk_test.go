package crashtest_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/sqlite/internal/crashtest"
)

func newDisk(t *testing.T, seed uint64) *crashtest.Disk {
	t.Helper()
	disk := crashtest.NewDisk(t.TempDir(), rand.New(rand.NewPCG(seed, 0)))
	t.Cleanup(disk.Remove)
	return disk
}

func openFile(t *testing.T, disk *crashtest.Disk, kind vfs.OpenFlag) vfs.File {
	t.Helper()
	file, _, err := disk.Open("events.db", vfs.OPEN_READWRITE|vfs.OPEN_CREATE|kind)
	require.NoError(t, err)
	return file
}

func write(t *testing.T, file vfs.File, content string, at int64) {
	t.Helper()
	_, err := file.WriteAt([]byte(content), at)
	require.NoError(t, err)
}

// cut ends the machine and starts it again.
func cut(t *testing.T, disk *crashtest.Disk, open ...vfs.File) {
	t.Helper()
	disk.CutNow()
	for _, file := range open {
		require.NoError(t, file.Close())
	}
	disk.Restart()
}

func TestWhatWasSyncedSurvivesEveryCut(t *testing.T) {
	for seed := range uint64(50) {
		disk := newDisk(t, seed)
		file := openFile(t, disk, vfs.OPEN_WAL) // whose first sync is one of the directory
		write(t, file, "synced", 0)
		require.NoError(t, file.Sync(vfs.SYNC_FULL))
		write(t, file, "not so", 100)
		cut(t, disk, file)
		require.True(t, bytes.HasPrefix(disk.Content(""), []byte("synced")))
	}
}

func TestWhatWasNotSyncedIsKeptLostOrTorn(t *testing.T) {
	old, now := bytes.Repeat([]byte("o"), 2000), bytes.Repeat([]byte("n"), 1000)
	kept, lost, torn := 0, 0, 0
	for seed := range uint64(300) {
		disk := newDisk(t, seed)
		file := openFile(t, disk, vfs.OPEN_WAL)
		write(t, file, string(old), 0)
		require.NoError(t, file.Sync(vfs.SYNC_FULL))
		write(t, file, string(now), 500)
		cut(t, disk, file)
		content := disk.Content("")
		require.Equal(t, old[:500], content[:500], "a tear stays within the write")
		require.Equal(t, old[1500:], content[1500:], "a tear stays within the write")
		switch {
		case bytes.Equal(content[500:1500], now):
			kept++
		case bytes.Equal(content, old):
			lost++
		default:
			torn++
		}
	}
	require.Greater(t, min(kept, lost, torn), 30, "%d kept, %d lost, %d torn", kept, lost, torn)
}

func TestANameSurvivesACutOnceItsDirectoryIsSynced(t *testing.T) {
	gone := 0
	for seed := range uint64(50) {
		disk := newDisk(t, seed)
		file := openFile(t, disk, vfs.OPEN_MAIN_DB) // whose sync is not one of the directory
		write(t, file, "content", 0)
		require.NoError(t, file.Sync(vfs.SYNC_FULL))
		cut(t, disk, file)
		if disk.Content("") == nil {
			gone++
		}
	}
	require.Positive(t, gone)
	require.Less(t, gone, 50)
}

func TestADeathOfTheProcessLosesNothingAndMakesNothingDurable(t *testing.T) {
	lost := 0
	for seed := range uint64(50) {
		disk := newDisk(t, seed)
		file := openFile(t, disk, vfs.OPEN_WAL)
		write(t, file, "content", 0)
		disk.CutNow()
		require.NoError(t, file.Close())
		disk.Kill()
		require.Equal(t, "content", string(disk.Content("")))
		cut(t, disk)
		if string(disk.Content("")) != "content" {
			lost++
		}
	}
	require.Positive(t, lost)
}

func TestACallFailsWhenItIsToldTo(t *testing.T) {
	disk := newDisk(t, 1)
	file := openFile(t, disk, vfs.OPEN_WAL)
	write(t, file, "before", 0)
	disk.Inject(crashtest.Fault{Kind: crashtest.Write, Call: 2, Full: true})
	write(t, file, "first", 0)
	_, err := file.WriteAt([]byte("second"), 0)
	require.ErrorIs(t, err, sqlite3.FULL)
	write(t, file, "third", 0)
	disk.Inject(crashtest.Fault{Kind: crashtest.Sync, Call: 1, Forever: true})
	for range 3 {
		require.ErrorIs(t, file.Sync(vfs.SYNC_FULL), sqlite3.IOERR_FSYNC)
	}
	disk.Repair()
	require.NoError(t, file.Sync(vfs.SYNC_FULL))
	require.NoError(t, file.Close())
}

func TestThePowerGoesInTheCallThatWasNamed(t *testing.T) {
	disk := newDisk(t, 1)
	file := openFile(t, disk, vfs.OPEN_WAL)
	disk.CutAfter(2)
	write(t, file, "one", 0)
	require.Error(t, file.Sync(vfs.SYNC_FULL))
	require.True(t, disk.Off())
	_, err := file.WriteAt([]byte("two"), 0)
	require.Error(t, err)
	require.NoError(t, file.Close())
	disk.Restart()
	require.False(t, disk.Off())
}
