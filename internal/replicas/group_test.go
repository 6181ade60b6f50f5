//go:build unix

package replicas_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	patience = time.Minute
	// restart is how soon a process that ended by itself is started again.
	restart = 300 * time.Millisecond
)

// group is the processes that share one log. It is used by one goroutine: what is due happens while let waits.
type group struct {
	t       *testing.T
	place   place
	dir     string
	random  *rand.Rand
	members []*member
	mayEnd  bool // a process may end by itself, because the server was stopped
	// lateness adds up how much later than asked for the waits of let have ended.
	lateness time.Duration
}

func newGroup(t *testing.T, p place, random *rand.Rand) *group {
	t.Helper()
	dir, err := os.MkdirTemp("", "skald-replicas-") //nolint:usetesting // t.TempDir goes with a failure, too
	require.NoError(t, err)
	g := &group{t: t, place: p, dir: dir, random: random}
	t.Cleanup(func() {
		for _, m := range g.members {
			m.remove()
		}
		if t.Failed() {
			t.Logf("what the processes said is kept: %s", dir)
			return
		}
		require.NoError(t, os.RemoveAll(dir))
	})
	return g
}

// join adds a process.
func (g *group) join() *member {
	m := &member{t: g.t, place: g.place, errs: filepath.Join(g.dir, fmt.Sprintf("process-%d", len(g.members)))}
	g.members = append(g.members, m)
	m.spawn()
	return m
}

// awaitReady waits until every process of the group holds shards.
func (g *group) awaitReady() {
	g.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for _, m := range g.members {
		select {
		case <-m.out.is:
		case <-m.done:
			require.FailNow(g.t, "a process ended by itself", m.said())
		case <-late.C:
			require.FailNow(g.t, "a process did not become ready", m.said())
		}
	}
}

// let waits, and does what becomes due meanwhile.
func (g *group) let(length time.Duration) {
	g.t.Helper()
	for end := time.Now().Add(length); ; {
		now, next := time.Now(), end
		for _, m := range g.members {
			g.tend(m, now)
			if !m.due.IsZero() && m.due.Before(next) {
				next = m.due
			}
		}
		if !now.Before(end) {
			return
		}
		const look = 50 * time.Millisecond
		wait := min(time.Until(next), look)
		require.NoError(g.t, pause(g.t.Context(), wait))
		g.lateness += time.Since(now) - max(wait, 0)
	}
}

func (g *group) tend(m *member, now time.Time) {
	g.t.Helper()
	due := !m.due.IsZero() && !now.Before(m.due)
	switch {
	case m.gone && due:
		m.spawn()
	case m.frozen && due:
		m.thaw()
	case m.up():
		select {
		case <-m.done:
			require.True(g.t, g.mayEnd, "a process ended by itself: %s: %s", m.cmd.ProcessState, m.said())
			m.life.crashed = true
			m.gone, m.due = true, now.Add(restart)
		default:
		}
	}
}

// settle waits until every process runs.
func (g *group) settle() {
	g.t.Helper()
	for end := time.Now().Add(patience); ; {
		all := true
		for _, m := range g.members {
			all = all && m.up()
		}
		if all {
			g.awaitReady()
			return
		}
		require.True(g.t, time.Now().Before(end), "the processes do not come up")
		g.let(10 * time.Millisecond)
	}
}

// any returns a process that runs, nil when fewer than two do: one of them is always left alone.
func (g *group) any() *member {
	var up []*member
	for _, m := range g.members {
		if m.up() {
			up = append(up, m)
		}
	}
	if len(up) < 2 {
		return nil
	}
	return up[g.random.IntN(len(up))]
}

// someone waits until there is a process that something may happen to.
func (g *group) someone() *member {
	g.t.Helper()
	for {
		if m := g.any(); m != nil {
			return m
		}
		g.let(10 * time.Millisecond)
	}
}

// moment draws a length of time.
func (g *group) moment(from, to time.Duration) time.Duration {
	return from + time.Duration(g.random.Int64N(int64(to-from)))
}

// stop ends every process in good order.
func (g *group) stop() {
	g.t.Helper()
	g.settle()
	for _, m := range g.members {
		m.end()
	}
}

// lives returns every process that there was, by its pid.
func (g *group) lives() map[int]*life {
	all := map[int]*life{}
	for _, m := range g.members {
		for _, l := range m.lives {
			all[l.pid] = l
		}
	}
	return all
}
