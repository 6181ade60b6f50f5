package sagatest

import (
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// tenure is what one life of an orchestrator that shares its log knows of its leases. It does what the shipped shell does
// on a goroutine and in its loop.
type tenure struct {
	n      *node
	lessor *lessor
	owner  string
	clock  hand          // measures lengths: no jump of the orchestrator's clock changes it, though drift does
	slow   bool          // that clock has run slow, so that this life may take its leases for valid when they are not
	until  time.Time     // by clock: the leases cannot be relied on from then on; zero when there are none
	icy    time.Duration // for so long it is frozen during its next call, when that has been done
	blind  time.Time     // by the steady clock of the world: until then it does not notice that its leases have lapsed
	begins map[int]bool  // shards of which something may begin, as the engine was told last
	held   int

	returned  []eventstore.ShardLease // with the next call
	above     uint64
	calling   bool
	hurry     bool // the next call shall not wait
	turn      int  // of the wait for the next call; the end of an older one means nothing
	returning int  // of the patience with shards that are to be returned, 0 when there are none
	asks      map[uint64]saga.StartRequested
	patience  time.Duration // with the next call
	told      string        // what the chart was told last
}

// How the shipped shell renews, within the time of a lease.
const (
	renewals = 3
	retries  = 10
)

func newTenure(n *node) *tenure {
	w := n.w
	w.lives++
	t := &tenure{
		n: n, lessor: w.lessor, owner: fmt.Sprintf("main@sim:%d:%d", n.number, w.lives), slow: n.hand.percent < 0,
		clock: hand{at: w.began, since: w.steady(), percent: n.hand.percent}, asks: map[uint64]saga.StartRequested{}, begins: map[int]bool{},
		patience: w.lessor.ttl / renewals,
	}
	return t
}

func (t *tenure) now() time.Time { return t.clock.now(t.n.w.steady()) }

// in lets something happen when a length of the orchestrator's clock has passed, and the orchestrator is neither dead nor
// frozen.
func (t *tenure) in(d time.Duration, happen func()) {
	t.n.w.chore(t.clock.until(t.now().Add(d), t.n.w.steady()), func() { t.awake(happen) })
}

func (t *tenure) awake(happen func()) {
	switch n := t.n; {
	case n.dead:
	case n.isFrozen():
		n.w.queue.add(n.thaws, func() { t.awake(happen) })
	default:
		happen()
	}
}

// drifts lets the clock go on at another speed.
func (t *tenure) drifts(percent int) {
	steady := t.n.w.steady()
	t.clock.set(t.clock.now(steady), steady, percent)
	t.slow = t.slow || percent < 0
	if !t.until.IsZero() {
		t.watch()
	}
}

// granted tells the engine what is held, unless the answer comes too late to rely on.
func (t *tenure) granted(grant eventstore.LeaseGrant, until time.Time) {
	if !t.now().Before(until) {
		return
	}
	t.until = until
	t.watch()
	t.learn(saga.LeasesChanged{Held: grant.Shards, Return: grant.Return})
	switch {
	case len(grant.Return) == 0:
		t.returning = 0
	case t.returning == 0:
		t.n.w.patiences++
		turn := t.n.w.patiences
		t.returning = turn
		t.n.w.after(saga.DefaultShutdownGrace, func() { t.awake(func() { t.overdue(turn) }) })
	}
}

func (t *tenure) learn(change saga.LeasesChanged) {
	if t.n.w.chart != nil {
		if now := fmt.Sprintf("holds the leases %v, is to return %v", change.Held, change.Return); now != t.told {
			t.n.w.say(t.n.name, "", now)
			t.told = now
		}
	}
	clear(t.begins)
	t.held = len(change.Held)
	for _, l := range change.Held {
		t.begins[l.Shard] = !slices.Contains(change.Return, l)
	}
	t.n.obey(change)
}

func (t *tenure) overdue(turn int) {
	if t.returning == turn {
		t.n.w.mark("attempts that outlast the grace of a handover")
		t.n.handle(saga.ReturnOverdue{})
	}
}

// watch looks again when the leases may have lapsed.
func (t *tenure) watch() { t.in(max(0, t.until.Sub(t.now())), t.check) }

// check lets go of everything once the leases cannot be relied on any more. It comes before every input.
func (t *tenure) check() {
	if t.until.IsZero() || t.now().Before(t.until) || t.n.w.steady().Before(t.blind) && !t.n.w.calm {
		return
	}
	t.until, t.returning = time.Time{}, 0
	t.n.w.mark("leases found to have lapsed")
	t.learn(saga.LeasesChanged{})
}

// begun makes sure that an attempt begins in a shard that is held, as far as the orchestrator knows, and, as long as
// everyone is honest and no clock is slow, as far as the service knows as well.
func (t *tenure) begun(r saga.RunAttempt) {
	s, shard := t.lessor, saga.ShardOf(r.Ref, t.lessor.shards)
	switch {
	case !t.begins[shard]:
		t.n.w.blame(fmt.Errorf("%s begins the %s of %s of %s, and knows that it does not hold shard %d",
			t.n.name, r.Direction, r.Step, r.Ref, shard))
	case !s.lied && !t.slow && t.blind.IsZero() && s.holder[shard] != t.owner:
		t.n.w.blame(fmt.Errorf("%s begins the %s of %s of %s beyond its lease: shard %d was granted to %s meanwhile",
			t.n.name, r.Direction, r.Step, r.Ref, shard, s.holder[shard]))
	}
}
