package sqlite_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

func asks(owner string) eventstore.LeaseRequest {
	return eventstore.LeaseRequest{Group: "orchestrator", Owner: owner, Shards: 4, TTL: time.Hour}
}

func mustLease(t testing.TB, store eventstore.Leaser, r eventstore.LeaseRequest) eventstore.LeaseGrant {
	t.Helper()
	grant, err := store.Lease(t.Context(), r)
	require.NoError(t, err)
	return grant
}

func TestLeasesOutliveTheStoreAndTouchNoFileOfTheLog(t *testing.T) {
	path := newPath(t)
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	require.NoFileExists(t, path+".leases", "there is none until somebody asks")
	mustAppend(t, store, "note-1", -1, newEvent(0))
	before := filesOf(t, path)
	granted := mustLease(t, store, asks("a"))
	after := filesOf(t, path)
	require.Equal(t, before["events.db"], after["events.db"])
	require.Equal(t, before["events.db-wal"], after["events.db-wal"])
	require.NoError(t, store.Close())

	again := open(t, path)
	require.Empty(t, mustLease(t, again, asks("b")).Shards)
	require.Equal(t, granted.Shards, mustLease(t, again, asks("a")).Shards)
}

// filesOf returns the bytes of all files beside a log.
func filesOf(t *testing.T, path string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, e := range entries {
		files[e.Name()], err = os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		require.NoError(t, err)
	}
	return files
}

func TestTheFileOfTheLeasesHasThePermissionsOfTheLog(t *testing.T) {
	path := newPath(t)
	for _, mode := range []fs.FileMode{0o600, 0o660} {
		store := open(t, path)
		require.NoError(t, os.Chmod(path, mode))
		mustLease(t, store, asks("a"))
		for _, file := range []string{path + ".leases", path + ".leases-journal"} {
			info, err := os.Stat(file)
			require.NoError(t, err)
			require.Equal(t, mode, info.Mode().Perm(), file)
		}
		require.NoError(t, store.Close())
		require.NoError(t, os.Remove(path+".leases"))
		require.NoError(t, os.Remove(path+".leases-journal"))
	}
}

func TestLeasesThatWereDeletedAreGrantedAnewAndToEveryoneFromTheNewFile(t *testing.T) {
	path := newPath(t)
	a, b := open(t, path), open(t, path)
	mustLease(t, a, asks("a"))
	require.Empty(t, mustLease(t, b, asks("b")).Shards)
	require.NoError(t, os.Remove(path+".leases"))
	outbid := asks("b")
	outbid.Above = 100
	granted := mustLease(t, b, outbid)
	require.Len(t, granted.Shards, 4)
	require.Greater(t, granted.Shards[0].Token, uint64(100))
	require.Empty(t, mustLease(t, a, asks("a")).Shards, "it has noticed that its file is gone")
}

func TestAFileThatHoldsNoLeasesIsNamedWithWhatToDo(t *testing.T) {
	for what, spoil := range map[string]func(path string){
		"a text": func(path string) {
			require.NoError(t, os.WriteFile(path, []byte("This is a text of more than the sixteen bytes of a header.\n"), 0o600))
		},
		"another table": func(path string) { exec(t, openRaw(t, path), `CREATE TABLE leases (name TEXT)`) },
		"a shard that is not one": func(path string) {
			raw := openRaw(t, path)
			exec(t, raw, `CREATE TABLE leases (group_name TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL) STRICT`)
			exec(t, raw, `INSERT INTO leases VALUES ('orchestrator',
				'{"shards":4,"token":9,"members":[{"owner":"a","held":[{"shard":4,"token":1}]}]}')`)
		},
	} {
		path := newPath(t)
		store := open(t, path)
		spoil(path + ".leases")
		_, err := store.Lease(t.Context(), asks("a"))
		require.ErrorIs(t, err, eventstore.ErrCorrupt, what)
		require.ErrorContains(t, err, "leases are made anew when the file is deleted", what)
		mustAppend(t, store, "note-1", -1, newEvent(0))
	}
}

func TestAProcessThatHasTheLeasesHoldsOthersUpNoLongerThanTheBusyTimeout(t *testing.T) {
	path := newPath(t)
	store := openWith(t, sqlite.Config{Path: path, BusyTimeout: 50 * time.Millisecond})
	patient := open(t, path)
	mustLease(t, store, asks("a"))
	raw := openRaw(t, path+".leases")
	exec(t, raw, `BEGIN IMMEDIATE`)

	_, err := store.Lease(t.Context(), asks("b"))
	require.ErrorIs(t, err, eventstore.ErrUnavailable)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = patient.Lease(ctx, asks("b"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	waiting := make(chan error, 1)
	go func() {
		_, err := patient.Lease(context.Background(), asks("b"))
		waiting <- err
	}()
	require.NoError(t, patient.Close())
	require.ErrorIs(t, <-waiting, eventstore.ErrClosed)

	exec(t, raw, `ROLLBACK`)
	require.Equal(t, 1, mustLease(t, store, asks("a")).Owners, "nothing of the calls that were given up was stored")
}

func TestAStoreForReadingTakesNoLeases(t *testing.T) {
	path := newPath(t)
	open(t, path)
	_, err := openWith(t, sqlite.Config{Path: path, ReadOnly: true}).Lease(t.Context(), asks("a"))
	require.ErrorIs(t, err, eventstore.ErrDenied)
	require.NoFileExists(t, path+".leases")
}

func TestAProcessThatIsKilledWhileItRenewsLeavesLeasesThatLapse(t *testing.T) {
	path := newPath(t)
	store := open(t, path)
	for round := range 3 {
		renewing := startChild(t, "renew for ever", path)
		tokens := map[string]bool{}
		for range 20 * (round + 1) {
			tokens[renewing.line()] = true
		}
		renewing.kill()
		require.Len(t, tokens, 1, "it kept what it had: %v", tokens)
		require.Eventually(t, func() bool { return len(mustLease(t, store, asks("a")).Shards) == 4 }, time.Minute, time.Millisecond)
		leave := asks("a")
		leave.Leave = true
		mustLease(t, store, leave)
	}
}
