package modelcheck

import (
	"fmt"
	"reflect"
	"time"

	"github.com/skaldgo/skald/saga"
)

// nodeID names a log as it is seen at an instant.
type nodeID int32

// none is the id of no node.
const none nodeID = -1

// node is a log at an instant, and its fold.
type node struct {
	inst   *saga.Instance
	form   string // of inst as it was when the node was made
	past   past
	now    time.Time
	parent nodeID        // the log before the last append or move of the clock, none for the empty log
	events []saga.Event  // of the last append; empty for a move of the clock
	size   int           // number of events
	next   time.Duration // until something is due, 0 when nothing is
	late   uint8         // steps whose open attempt is past its deadline, one bit each
}

// graph holds every log that can come to be, each once up to what cannot make a difference (see the package comment). The
// node first found for a log stands for all others: its own chain of parents is a log that can be read.
type graph struct {
	shape  *Shape
	under  Under
	ref    saga.Ref
	parent *saga.Parent // of a saga that another one has started
	// childEnds are logs of the child by how it ended, nil where a shape has no child.
	childEnds map[ending][]dated
	versions  []version
	refused   int64 // logs that could not be migrated
	canon     canon
	nodes     []node
	byForm    map[string]nodeID
	decided   map[question]*answer
	moved     map[moment]nodeID
	keys      map[string]key
	edges     []edge // every append, once
	form      []byte
	broken    *ViolationError
	// unmerged tells logs apart by everything in them, and keeps every request and answer. Tests use it to see that nothing
	// is lost by merging.
	unmerged bool
}

// question is a command on a log.
type question struct {
	log     nodeID
	command command
}

// answer is what a log leads to on a command.
type answer struct {
	from   nodeID
	events []saga.Event
	refuse error
	next   nodeID // the log with the events behind it, none until that was asked for
}

type moment struct {
	log nodeID
	by  time.Duration
}

// edge is one append.
type edge struct {
	from   nodeID
	events []saga.Event
	to     nodeID
	tree   bool // to was found by it
}

// key is an idempotency key, by number.
type key uint8

func newGraph(shape *Shape, under Under, ref saga.Ref, parent *saga.Parent) *graph {
	versions := shape.versions(ref.Name)
	g := &graph{
		shape: shape, under: under, ref: ref, parent: parent,
		versions: versions, canon: canon{versions: versions, layouts: map[reflect.Type][]field{}},
		byForm: map[string]nodeID{}, decided: map[question]*answer{}, moved: map[moment]nodeID{}, keys: map[string]key{},
	}
	for _, d := range []saga.Direction{saga.Action, saga.Compensation} {
		for i := range shape.Steps { // so that the numbers do not depend on what happens first
			g.keyOf(saga.IdempotencyKey(g.ref, stepName(i), d, 0))
			g.keyOf(saga.IdempotencyKey(g.ref, stepName(i), d, int(d)))
		}
	}
	g.intern(node{inst: saga.NewInstance(g.ref), now: time.Unix(1_000_000, 0).UTC(), parent: none})
	return g
}

func (g *graph) at(id nodeID) *node { return &g.nodes[id] }

// intern returns the node that stands for n, which it becomes itself if there is none yet.
func (g *graph) intern(n node) (id nodeID, found bool) {
	g.form = append(g.form[:0], g.canon.instance(n.inst, n.now)...)
	own := len(g.form)
	g.form = appendPast(g.form, &n.past)
	if g.unmerged {
		g.form = g.appendHistory(g.form, &n)
	}
	if id, ok := g.byForm[string(g.form)]; ok {
		return id, true
	}
	id = nodeID(len(g.nodes))
	form := string(g.form)
	n.form = form[:own]
	g.nodes = append(g.nodes, n)
	g.look(id)
	g.byForm[form] = id
	g.wantNoOrphan(id)
	g.wantDeaf(id)
	g.wantOperable(id)
	return id, false
}

// ask decides a command on a log.
func (g *graph) ask(log nodeID, c command) *answer {
	q := question{log, c}
	a := g.decided[q]
	if a == nil {
		a = &answer{from: log, next: none}
		a.events, a.refuse = g.decide(log, c)
		g.decided[q] = a
	}
	return a
}

// decide calls Decide, which must not change the instance.
func (g *graph) decide(id nodeID, c command) ([]saga.Event, error) {
	n := g.at(id)
	events, err := g.call(id, c)
	if string(g.canon.instance(n.inst, n.now)) != n.form {
		g.breaks(id, nil, fmt.Sprintf("G24: Decide changes the instance when the orchestrator %s", c))
	}
	return events, err
}

// call calls Decide, which must not panic.
func (g *graph) call(id nodeID, c command) (events []saga.Event, err error) {
	defer func() {
		if r := recover(); r != nil {
			g.breaks(id, nil, fmt.Sprintf("G24: Decide panics when the orchestrator %s: %v", c, r))
		}
	}()
	n := g.at(id)
	return g.under.decide(n.inst, g.real(n, c))
}

// append puts what was decided behind a log.
func (g *graph) append(log nodeID, a *answer) nodeID {
	if a.from != log { // a store that takes appends on what is not the end
		return g.extend(log, a.events)
	}
	if a.next == none {
		a.next = g.extend(log, a.events)
	}
	return a.next
}

// extend folds events behind a log, and has the rules judge them.
func (g *graph) extend(log nodeID, events []saga.Event) nodeID {
	n := node{inst: g.fold(log, events), past: g.at(log).past, now: g.at(log).now, parent: log, events: events}
	n.size = g.at(log).size + len(events)
	r := reading{past: &n.past, graph: g, shape: g.by(&n.past), ref: g.ref}
	for _, event := range events {
		r.event(event)
	}
	r.want(n.inst.Fault() == "", "G24", "the log cannot be that of a saga: %s", n.inst.Fault())
	if r.broke != "" {
		g.breaks(log, events, r.broke)
	}
	id, found := g.intern(n)
	g.edges = append(g.edges, edge{log, events, id, !found})
	return id
}

// fold returns the fold of a log with events behind it.
func (g *graph) fold(log nodeID, events []saga.Event) *saga.Instance {
	inst, all := saga.NewInstance(g.ref), append(g.events(log), events...)
	if g.under.Heed != nil {
		all = g.under.Heed(all)
	}
	for _, event := range all {
		inst.Evolve(event)
	}
	return inst
}

// events returns the whole log.
func (g *graph) events(log nodeID) []saga.Event {
	events := make([]saga.Event, g.at(log).size)
	at := len(events)
	for id := log; id != none; id = g.at(id).parent {
		n := g.at(id)
		at -= len(n.events)
		copy(events[at:], n.events)
	}
	return events
}

// wantNoOrphan makes sure that a saga at rest waits for something: an open attempt, an instant, a person, or a decision.
func (g *graph) wantNoOrphan(id nodeID) {
	past, shape := &g.at(id).past, g.of(id)
	waits := past.binding(shape) >= 0 || past.waiting(shape) >= 0 && !past.turning(shape)
	if !past.begun || past.ended != open || past.halted() || waits || g.at(id).next > 0 {
		return
	}
	if a := g.ask(id, command{kind: proceed}); len(a.events) == 0 {
		g.breaks(id, nil, "G18: nothing is due, and nothing is decided")
	}
}

// later returns a log as it is seen some time later.
func (g *graph) later(log nodeID, by time.Duration) nodeID {
	m := moment{log, by}
	id, known := g.moved[m]
	if !known {
		n := *g.at(log)
		n.now, n.parent, n.events = n.now.Add(by), log, nil
		id, _ = g.intern(n)
		g.moved[m] = id
	}
	return id
}

// breaks notes the first broken rule, and where.
func (g *graph) breaks(log nodeID, events []saga.Event, what string) {
	if g.broken == nil && (!g.under.EffectsOnly || what[0] == 'E') {
		g.broken = &ViolationError{What: what, Log: append(g.events(log), events...)}
	}
}
