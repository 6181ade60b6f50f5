//go:build unix

package projection_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/projection"
)

// onFile gives the fixture a log that other processes can open, and returns its path.
func (f *fixture) onFile() string {
	f.t.Helper()
	require.NoError(f.t, f.store.Close())
	path := filepath.Join(f.t.TempDir(), "events.db")
	store, err := sqlite.Open(f.t.Context(), sqlite.Config{Path: path})
	require.NoError(f.t, err)
	f.store = store
	return path
}

func TestAProjectorThatIsKilledIsFollowedByOneThatStandsBy(t *testing.T) {
	inBoth(t, func(t *testing.T, f *fixture, at place) {
		log := f.onFile()
		f.deposits(50)
		children := map[string]*child{}
		for _, name := range []string{"one", "two", "three"} {
			children[name] = f.startChild(at, log, name)
		}
		last := ""
		for left := len(children); left > 0; left-- {
			live := f.live(last)
			f.standingBy(left - 1)
			f.deposits(200) // some of it is under way when it dies
			children[live].kill()
			f.deposits(20)
			last = live
		}
		stop := run(t, f.projector(ledger{}, f.at(at, "the last")))
		f.live(last)
		f.requireAlone(ledger{})
		require.NoError(t, stop())
	})
}

func TestAProjectorThatWasStoppedBeyondItsLeaseStandsByWhenItGoesOn(t *testing.T) {
	inBoth(t, func(t *testing.T, f *fixture, at place) {
		log := f.onFile()
		f.deposits(50)
		children := map[string]*child{"one": f.startChild(at, log, "one"), "two": f.startChild(at, log, "two")}
		live := f.live("")
		for range 2 {
			other := f.standingBy(1)[0]
			f.stopUntilFollowed(children[live], other)
			f.deposits(100)
			f.requireAlone(ledger{})
			children[live].signal(syscall.SIGCONT)
			require.Equal(t, []string{live}, f.standingBy(1))
			f.deposits(100)
			f.requireAlone(ledger{})
			live = other
		}
		children[live].kill()
		f.live(live)
		f.deposits(50)
		f.requireAlone(ledger{})
	})
}

// stopUntilFollowed stops a process until another projector is live. One that is stopped within a transaction keeps the
// lock of an SQLite file, and that of PostgreSQL for a while, so that nobody can follow: then it is stopped once more.
func (f *fixture) stopUntilFollowed(c *child, other string) {
	f.t.Helper()
	for range 5 {
		c.signal(syscall.SIGSTOP)
		followed := func() bool { s := f.status(); return s.Holder == other && s.State == projection.StateLive }
		if within(5*time.Second, followed) {
			return
		}
		c.signal(syscall.SIGCONT)
		f.standingBy(1)
	}
	require.FailNow(f.t, "nobody followed a projector that was stopped")
}

// within looks again and again for so long.
func within(length time.Duration, condition func() bool) bool {
	late := time.NewTimer(length)
	defer late.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-late.C:
			return false
		case <-look.C:
			if condition() {
				return true
			}
		}
	}
}
