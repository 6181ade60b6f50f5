package sagatest

import (
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// machine is what runs sagas: a [saga.Engine], or one that has been tampered with, in the tests of this package.
type machine interface {
	Handle(now time.Time, input saga.Input) []saga.Effect
	Drained() bool
	Open() []saga.Ref
	SetAside() []saga.Excluded
	Untouched() []saga.Excluded
}

// node is one life of an orchestrator: the shipped engine with a shell that knows no goroutines.
type node struct {
	w      *world
	number int // from 1
	name   string
	level  int // of its program: an index of world.programs
	engine machine
	dead   bool
	hand   hand
	timers map[saga.Ref]time.Time
	told   int // how much of the log it has been told
	// restoring is how many open sagas are still to be loaded after a start. Until then everything else waits in held.
	restoring int
	held      []saga.Input
	thaws     time.Time    // when a frozen one goes on
	mail      []saga.Input // for a frozen one
	deafUntil time.Time
	stopping  bool
	cut       bool       // its attempts were cut off
	busy      int        // tasks of its own
	attempts  []*attempt // under way
	tenure    *tenure    // nil unless the log is shared by leases
}

// heritage is what an orchestrator takes over from the one that was there before it.
type heritage struct {
	number, level int
	hand          hand
}

// boot starts an orchestrator, which goes on with what the log holds.
func (w *world) boot(l heritage) error {
	n := &node{
		w: w, number: l.number, name: "engine", level: l.level, hand: l.hand,
		timers: map[saga.Ref]time.Time{}, told: len(w.news),
	}
	config := saga.EngineConfig{
		Definitions: w.programs[l.level].definitions, Workers: w.workers, Actor: "orchestrator:main",
	}
	if w.lessor != nil {
		n.tenure = newTenure(n)
		config.Actor, config.Shards = "orchestrator:"+n.tenure.owner, w.lessor.shards
	}
	var err error
	if n.engine, err = w.assemble(config); err != nil {
		return err
	}
	if len(w.nodes) > 1 {
		n.name = fmt.Sprintf("engine %d", n.number)
	}
	w.nodes[n.number-1] = n
	open := w.openFor(n)
	if n.tenure != nil { // they are loaded with the leases of their shards
		n.obey(saga.SagasFound{Refs: open})
		n.tenure.renewIn(0)
		return nil
	}
	n.restoring = len(open)
	for _, ref := range open {
		n.take(ref, true)
	}
	return nil
}

func (n *node) now() time.Time { return n.hand.now(n.w.now) }

// crash ends a life of an orchestrator. Another begins some time later.
func (w *world) crash(n *node) {
	if !n.dead {
		w.say(n.name, "", "✗ crashes")
		w.end(n)
	}
}

func (w *world) end(n *node) {
	n.dead = true
	p := point{of: ofLife, node: n.number}
	p.nth = w.nth(&p)
	w.after(w.inject.downtime(&p), func() {
		w.say(n.name, "", "restarts")
		if err := w.boot(heritage{n.number, n.level, n.hand}); err != nil {
			w.blame(err)
			return
		}
		next := w.nodes[n.number-1]
		if after, does := w.inject.relapse(&p); does {
			w.after(after, func() { w.crash(next) })
		}
	})
}

// stop ends a life of an orchestrator in good order: nothing new starts, attempts get a grace to end by themselves, then
// their contexts end.
func (n *node) stop(grace time.Duration) {
	if n.dead || n.stopping {
		return
	}
	n.w.say(n.name, "", "✗ is stopped")
	n.stopping = true
	n.handle(saga.StopRequested{})
	n.w.after(grace, func() { n.handle(saga.GraceEnded{}) })
}

// leave ends an orderly stop when nothing is under way any more.
func (n *node) leave() {
	if n.stopping && !n.dead && n.restoring == 0 && n.busy == 0 && n.engine.Drained() {
		n.w.say(n.name, "", "has stopped")
		if n.tenure != nil {
			n.tenure.leave()
		}
		n.w.end(n)
	}
}

// freeze lets an orchestrator do nothing at all for a while, as a process that is starved or suspended.
func (n *node) freeze(d time.Duration) {
	until := n.w.now.Add(d)
	if n.dead || !until.After(n.thaws) {
		return
	}
	n.thaws = until
	n.w.after(d, n.thaw)
}

func (n *node) isFrozen() bool { return n.w.now.Before(n.thaws) }

// thaw lets a frozen orchestrator find all at once what has happened.
func (n *node) thaw() {
	if n.isFrozen() { // it was frozen again
		return
	}
	mail := n.mail
	n.mail = nil
	for _, input := range mail {
		n.handle(input)
	}
	n.follow()
}

// jump changes the clock of an orchestrator, and lets its timers know.
func (n *node) jump(by time.Duration, percent int) {
	n.hand.set(n.now().Add(by), n.w.now, percent)
	if n.tenure != nil {
		n.tenure.drifts(percent)
	}
	for _, c := range n.w.clients { // in their order, not that of the map
		if at, set := n.timers[c.ref]; set {
			n.await(c, at)
		}
	}
}

// follow tells the engine what the log holds.
func (n *node) follow() {
	switch {
	case n.dead || n.isFrozen():
		return
	case n.w.now.Before(n.deafUntil):
		n.w.queue.add(n.deafUntil, n.follow)
		return
	}
	for !n.dead && n.told < len(n.w.news) {
		n.told++
		n.handle(n.w.news[n.told-1].EventSeen)
	}
}
