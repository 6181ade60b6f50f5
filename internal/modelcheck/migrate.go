package modelcheck

import (
	"errors"
	"fmt"

	"github.com/skaldgo/skald/saga"
)

// What an operator who migrates may ask for beside the next version: attempt of the command.
const (
	ofOldView  = 1 // having seen another revision
	backToHome = 2 // the version that the saga was started with
)

// migrations lets an operator migrate the saga, wherever that can be.
func (m *model) migrations(w world) {
	past := &m.at(w.log).past
	if m.shape.Next != nil && m.misfit(past) == "" {
		m.act(w, actRedrive, most+1, command{kind: migrate}, true)
	}
}

// letsGo reports whether an orchestrator does not know the version of a saga that it has in hand: it records what comes of
// attempts, and begins nothing.
func (m *model) letsGo(x int, snap nodeID) bool {
	return m.shape.Behind && x == 1 && snap >= 0 && m.at(snap).past.migrated
}

// misfit tells why a saga cannot be migrated, "" when it can: what it has come to has to be what sagas of the next version
// come to as well.
func (g *graph) misfit(p *past) string {
	if p.migrated {
		return "there is no higher version"
	}
	was, now := g.shape, g.versions[1].shape
	last := 0
	for i := range was.Steps {
		switch one := &p.steps[i]; {
		case one.order == 0 && !one.skipped:
			continue
		case !now.has(i):
			return fmt.Sprintf("step %s has begun, and is gone", stepName(i))
		case !was.same(now, i):
			return fmt.Sprintf("step %s has begun, and is another one", stepName(i))
		case !one.succeeded && !p.turned && was.probed(i) != now.probed(i):
			return fmt.Sprintf("step %s has no outcome, and its probe comes or goes", stepName(i))
		}
		last = max(last, now.stage(i))
	}
	for i := range last {
		if now.has(i) && !p.steps[i].passed() {
			return fmt.Sprintf("step %s has not succeeded, and comes before one that has begun", stepName(i))
		}
	}
	return p.misplaced(was, now)
}

// same reports whether step i does the same in both versions.
func (s *Shape) same(now *Shape, i int) bool {
	failed := (s.Steps[i] == 'F') == (now.Steps[i] == 'F')
	return s.kind(i) == now.kind(i) && s.undoable(i) == now.undoable(i) && failed
}

// misplaced tells why a saga whose steps are all in the next version cannot stand there where it does.
func (p *past) misplaced(was, now *Shape) string {
	active := -1
	for i := range now.Steps {
		for j := range i {
			began := p.steps[i].order > 0 && p.steps[j].order > 0
			if began && p.steps[j].order > p.steps[i].order && now.stage(j) < now.stage(i) {
				return fmt.Sprintf("step %s began after %s, and comes before it", stepName(j), stepName(i))
			}
		}
		if active < 0 && now.has(i) && !p.steps[i].passed() {
			active = i
		}
	}
	switch {
	case p.tooLate(was) != p.tooLate(now), p.pivotUnknown(was) != p.pivotUnknown(now):
		return "the point of no return is on another side of it"
	case p.used < p.signals && !now.waitsAnywhere():
		return "a signal has come, and nobody waits for it"
	case p.parked && !p.parkedMissing && !now.has(int(p.parkedAt)):
		return "it is parked at a step that is gone"
	case !p.turned && active >= 0 && p.bound(now) > now.limit(active):
		return "more attempts are open than may be"
	}
	return ""
}

// wantMigratable makes sure that a log is migrated where it can be, to a higher version only, and is refused where it cannot,
// with nothing changed.
func (g *graph) wantMigratable(id nodeID) {
	past := &g.at(id).past
	want := func(c command, changes bool, refused error) {
		if past.ended != open {
			changes, refused = false, saga.ErrEnded
		}
		events, err := g.decide(id, c)
		if len(events) > 0 != changes || !errors.Is(err, refused) {
			g.breaks(id, events, fmt.Sprintf("G3: somebody %s: %v (%s)", c, err, g.misfit(past)))
		}
	}
	if past.migrated {
		want(command{kind: migrate}, false, nil)
		want(command{kind: migrate, attempt: backToHome}, false, saga.ErrCannotMigrate)
		return
	}
	why := g.misfit(past)
	want(command{kind: migrate}, why == "", refusal(why != "", saga.ErrCannotMigrate))
	want(command{kind: migrate, attempt: ofOldView}, false, saga.ErrStale)
	want(command{kind: migrate, attempt: backToHome}, false, nil)
	if why != "" && past.ended == open {
		g.refused++
	}
}

// migration returns the command of an operator who migrates.
func (g *graph) migration(n *node, c command) saga.Command {
	number, seen := len(g.versions), n.inst.Revision()
	switch c.attempt {
	case ofOldView:
		seen++
	case backToHome:
		number = 1
	}
	v := g.versions[number-1]
	return saga.MigrateSaga{
		Version: number, DefinitionHash: v.hash, Plan: v.plan, Actor: operator, Reason: "the old way is closed", SeenRevision: seen,
	}
}

// migratedTo takes in that a saga goes on by the next version.
func (r *reading) migratedTo(e saga.SagaMigrated) {
	if r.shape.Next == nil {
		r.want(false, "G3", "the saga is migrated, and has no next version")
		return
	}
	next := &r.graph.versions[1]
	r.want(e.Version == 2 && e.DefinitionHash == next.hash && e.Plan == next.plan, "G3", "the saga is migrated to version %d", e.Version)
	why := r.graph.misfit(r.past)
	r.want(why == "", "G3", "the saga is migrated, and cannot be: %s", why)
	r.migrated, r.shape = true, next.shape
	if r.parkedMissing {
		r.unpark() // that it has the functions is why it is migrated
	}
}
