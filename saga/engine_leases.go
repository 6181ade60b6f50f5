package saga

import (
	"cmp"
	"errors"
	"slices"

	"github.com/skaldgo/skald/eventstore"
)

// ErrElsewhere: the saga's shard belongs to another orchestrator. Start does not give it: it starts the saga through the
// store alone.
var ErrElsewhere = errors.New("another orchestrator runs the sagas of this shard")

// shard is what an engine knows of one shard.
type shard struct {
	token     uint64 // of its lease, 0 when it is not held
	returning bool   // it is held, and nothing of it is begun any more
	vacated   bool   // it is returning, and the shell knows that nothing of it is in hand
	inHand    int    // sagas in hand
}

// shared reports whether other engines may drive sagas of the same store.
func (g *Engine) shared() bool { return len(g.shards) > 0 }

// shardOf returns the saga's shard, nil for an engine that shares nothing.
func (g *Engine) shardOf(ref Ref) *shard {
	if !g.shared() {
		return nil
	}
	return &g.shards[ShardOf(ref, len(g.shards))]
}

// holds reports whether sagas of the ref's shard may be taken into hand.
func (g *Engine) holds(ref Ref) bool {
	s := g.shardOf(ref)
	return s == nil || s.token > 0 && !s.returning
}

// drives reports whether something may begin for the saga. Of one that is not driven any more only the outcomes of its
// attempts are recorded: they are facts, whoever brings them.
func (g *Engine) drives(e *entry) bool {
	if e.beyond != "" {
		return false
	}
	s := g.shardOf(e.ref)
	return s == nil || s.token > 0 && !s.returning && s.token >= e.fence
}

// token returns what goes into the metadata of the saga's events: 0 when a higher token is in its stream already, so that
// tokens never decrease there.
func (g *Engine) token(e *entry) uint64 {
	if s := g.shardOf(e.ref); s != nil && s.token >= e.fence {
		return s.token
	}
	return 0
}

// sagasFound takes note of open sagas; those of shards that are held are loaded.
func (g *Engine) sagasFound(in SagasFound) {
	for _, ref := range in.Refs {
		switch {
		case g.sagas[ref] != nil:
		case g.holds(ref):
			g.takeUp(ref)
		default:
			g.foreign[ref] = struct{}{}
		}
	}
}

// leasesChanged lets go of what is not held any more, and takes up what is new.
func (g *Engine) leasesChanged(in LeasesChanged) {
	if !g.shared() {
		return
	}
	next := make([]shard, len(g.shards))
	for i := range next {
		next[i].inHand = g.shards[i].inHand
	}
	for _, l := range in.Held {
		next[l.Shard].token = l.Token
	}
	for _, l := range in.Return {
		i := l.Shard
		s := &next[i]
		s.returning = s.token > 0
		s.vacated = s.returning && g.shards[i].vacated && g.shards[i].token == s.token
	}
	lost, gained := make([]bool, len(next)), make([]bool, len(next))
	for i, was := range g.shards {
		had, has := was.token > 0 && !was.returning, next[i].token > 0 && !next[i].returning
		lost[i] = had && !has
		gained[i] = has && (!had || was.token != next[i].token)
	}
	g.shards = next
	g.letGo(lost)
	g.takeUpAll(gained)
	for i := range g.shards {
		g.vacate(i)
	}
}

// letGo stops driving the sagas of shards.
func (g *Engine) letGo(lost []bool) {
	if !slices.Contains(lost, true) {
		return
	}
	in := func(ref Ref) bool { return lost[ShardOf(ref, len(lost))] }
	for _, excluded := range []map[Ref]string{g.untouched, g.setAside} {
		for ref := range excluded {
			if e := g.sagas[ref]; in(ref) && (e == nil || !e.aside) {
				g.foreign[ref] = struct{}{}
				delete(excluded, ref)
			}
		}
	}
	for _, e := range g.inOrder(in) {
		if s := g.shardOf(e.ref); s.token == 0 {
			g.cancelAttempts(e) // someone else will run them
		}
		if e.aside { // and waits for its attempts: by then someone else may have gone on with it
			e.again = true
			continue
		}
		g.advance(e)
	}
}

// takeUpAll loads the open sagas of shards, whoever ran them before.
func (g *Engine) takeUpAll(gained []bool) {
	if !slices.Contains(gained, true) {
		return
	}
	in := func(ref Ref) bool { return gained[ShardOf(ref, len(gained))] }
	refs := make([]Ref, 0, len(g.foreign))
	for ref := range g.foreign {
		if in(ref) {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, compareRefs)
	for _, ref := range refs {
		g.takeUp(ref)
	}
	for _, e := range g.inOrder(in) {
		if !e.aside {
			g.advance(e) // of those that were about to be let go
		}
	}
}

func (g *Engine) takeUp(ref Ref) {
	delete(g.foreign, ref)
	def := g.defs.newest(ref.Name)
	switch {
	case def == nil:
		g.untouched[ref] = "no definition of that name is registered"
	case g.sagas[ref] == nil:
		g.load(g.newEntry(ref, def))
	}
}

// inOrder returns the sagas in hand that a condition is true of, in order of name and id.
func (g *Engine) inOrder(condition func(Ref) bool) []*entry {
	var entries []*entry
	for ref, e := range g.sagas {
		if condition(ref) {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b *entry) int { return compareRefs(a.ref, b.ref) })
	return entries
}

func compareRefs(a, b Ref) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) }

// leave records what is known of a saga that is not driven any more, and forgets it once nothing of it runs here.
func (g *Engine) leave(e *entry) {
	if len(e.inbox) > 0 {
		if e.seen > e.head.Revision {
			g.load(e)
			return
		}
		if events := g.decideInbox(e); len(events) > 0 {
			g.append(e, events)
			return
		}
	}
	g.refuseStarts(e, ErrElsewhere)
	e.recovering = false
	if len(e.running) > 0 {
		g.clearTimer(e)
		e.queued = false
		g.release(e)
		return
	}
	if e.beyond != "" && g.holds(e.ref) {
		g.untouched[e.ref] = e.beyond
	} else {
		g.foreign[e.ref] = struct{}{}
		g.counts.Lost++
	}
	g.forget(e)
}

// returnOverdue ends the patience with attempts of the shards that others should have.
func (g *Engine) returnOverdue() {
	for _, e := range g.inOrder(func(ref Ref) bool { s := g.shardOf(ref); return s != nil && s.returning }) {
		g.cancelAttempts(e)
	}
}

func (g *Engine) cancelAttempts(e *entry) {
	for _, r := range e.running {
		if !r.cancelled {
			r.cancelled = true
			g.emit(CancelAttempt{Ref: e.ref, Step: e.inst.plan.Steps[r.step].Name, Direction: r.direction, Attempt: r.attempt})
		}
	}
}

// vacate tells the shell of a returning shard of which nothing is in hand any more.
func (g *Engine) vacate(i int) {
	if s := &g.shards[i]; s.returning && !s.vacated && s.inHand == 0 {
		s.vacated = true
		g.emit(ShardVacated{Lease: eventstore.ShardLease{Shard: i, Token: s.token}})
	}
}

// counted keeps count of the sagas in hand of each shard.
func (g *Engine) counted(ref Ref, change int) {
	if !g.shared() {
		return
	}
	i := ShardOf(ref, len(g.shards))
	g.shards[i].inHand += change
	g.vacate(i)
}

// Holds returns how many shards the engine drives the sagas of, and how many of them it has been asked to return.
func (g *Engine) Holds() (held, returning int) {
	for _, s := range g.shards {
		if s.token > 0 {
			held++
		}
		if s.returning {
			returning++
		}
	}
	return held, returning
}
