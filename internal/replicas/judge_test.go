//go:build unix

package replicas_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// tally adds up what groups went through.
type tally struct {
	figures map[string]int64
	parked  map[string]int64
	stall   time.Duration // the worst
}

func newTally() *tally { return &tally{figures: map[string]int64{}, parked: map[string]int64{}} }

// judge brings everything to rest, stops the processes, and holds the log, the books and the record of the starts to each
// other.
func (g *group) judge(d *driver, all *tally) *chronicle {
	g.t.Helper()
	g.settle()
	const enough = 3
	for rounds, parked := 0, d.awaitRest(); len(parked) > 0; rounds, parked = rounds+1, d.awaitRest() {
		require.Less(g.t, rounds, enough, "parked again after every redrive: %v", parked)
		all.figures["redriven"] += int64(len(parked))
		d.redrive(parked)
		g.let(g.place.Lease)
	}
	g.stop()
	c := g.chronicle(d)
	requireAllEnded(g.t, c, d.acknowledged())
	requireBalance(g.t, c, d.books)
	report, err := verify.Log(g.t.Context(), d.store, verify.Config{Ledger: d.books, Replay: true})
	require.NoError(g.t, err)
	require.NoError(g.t, report.Err(), "%v", report.Violations)
	require.Zero(g.t, report.Open)
	g.count(c, d, all)
	return c
}

// requireAllEnded checks that no acknowledged start is lost, that every saga has ended, and that those which had to wait
// for a person did so for something that was done to the processes.
func requireAllEnded(t *testing.T, c *chronicle, acknowledged []string) {
	t.Helper()
	for _, text := range acknowledged {
		ref, err := parseRef(text)
		require.NoError(t, err)
		require.Contains(t, c.sagas, ref, "its start was acknowledged")
	}
	for ref, tale := range c.sagas {
		require.NotEmpty(t, tale.ended, "%s: %+v", ref, tale)
		for _, reason := range tale.parked {
			switch reason {
			case saga.ParkedInterrupted:
				require.GreaterOrEqual(t, tale.interruptions, 5, ref)
			case saga.ParkedLateSuccess:
				require.NotEmpty(t, tale.taken, ref)
			default:
				require.Failf(t, "nothing explains it", "%s was parked: %s", ref, reason)
			}
		}
	}
}

func requireBalance(t *testing.T, c *chronicle, b *books) {
	t.Helper()
	stand, err := b.standing(context.Background())
	require.NoError(t, err)
	completed := map[string]int64{}
	for ref, tale := range c.sagas {
		want := 0
		if tale.ended == saga.TypeSagaCompleted {
			want = steps()[ref.Name]
			completed[ref.Name]++
		}
		require.Equal(t, want, stand[ref], "effects of %s that stand, which ended with %s", ref, tale.ended)
	}
	for ref := range stand {
		require.Contains(t, c.sagas, ref, "the books know a saga that the log does not")
	}
	balances, err := b.balances(context.Background())
	require.NoError(t, err)
	want := map[string]int64{}
	for _, step := range []string{"reserve", "pay", "ship", "confirm"} {
		want[step] = completed[orders]
	}
	for _, step := range []string{"hold", "charge", "issue"} {
		want[step] = completed[tickets]
	}
	require.Equal(t, want, balances)
}

// chronicle reads the log as it is now.
func (g *group) chronicle(d *driver) *chronicle {
	g.t.Helper()
	c, err := readChronicle(g.t.Context(), d.store)
	require.NoError(g.t, err)
	return c
}

// count adds what the group went through to the figures.
func (g *group) count(c *chronicle, d *driver, all *tally) {
	g.t.Helper()
	f := all.figures
	f["starts acknowledged"] += int64(len(d.acknowledged()))
	f["sagas"] += int64(len(c.sagas))
	f["events"] += int64(c.events)
	f["takeovers"] += int64(len(c.takeovers))
	f["late facts"] += int64(c.late)
	f["starts refused"] += int64(d.refused)
	for _, tale := range c.sagas {
		if tale.ended == saga.TypeSagaCompleted {
			f["completed"]++
		} else {
			f["compensated"]++
		}
		for _, reason := range tale.parked {
			all.parked["parked: "+string(reason)]++
		}
	}
	for figure, query := range map[string]string{
		"effects": `SELECT count(*) FROM effects WHERE kind = 'done'`, "repeats refused": `SELECT count(*) FROM refused`,
		"actions that came after their undo": `SELECT count(*) FROM refused WHERE kind = 'revoked'`,
		"requests under an outdated token":   sqlOutdated,
	} {
		n, err := d.books.number(g.t.Context(), query)
		require.NoError(g.t, err)
		f[figure] += n
	}
	f["freezes that lost attempts"] += int64(c.outrun(g.lives()))
	for pid, l := range g.lives() {
		f["processes"]++
		for _, s := range l.frozen {
			f["freezes"]++
			if s.to.Sub(s.from) > g.place.Lease {
				f["freezes beyond a lease"]++
			}
		}
		if l.crashed {
			f["processes that ended by themselves"]++
		}
		if !l.killed.IsZero() {
			f["kills"]++
			if len(c.between(pid, l.killed, l.killed.Add(patience))) > 0 {
				f["kills that hit attempts"]++
			}
		}
	}
}
