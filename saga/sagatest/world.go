package sagatest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// world is everything there is in one run: a clock, a log, orchestrators, clients and operators.
type world struct {
	subject
	*stage
	inject   injector
	began    time.Time
	now      time.Time
	queue    queue
	log      *memory.Store
	nodes    []*node
	workers  int
	lessor   *lessor // nil unless the orchestrators share the log by leases
	clients  []*client
	byRef    map[saga.Ref]*client
	news     []notice                    // what orchestrators are told of the log
	stored   map[eventstore.EventID]bool // by the first id of each append
	indexes  map[string]*index           // by stream
	counts   map[point]int
	marks    map[string]int
	parks    int // how often a saga was parked
	redriven int // and redriven
	// migrations counts those that operators have decided on, each of some sagas, and moves those that were begun.
	migrations, moves int
	signals           int // sent: one can come between what an orchestrator has read and what it appends
	tasks             map[*task]struct{}
	current           *task
	ids               uint64

	questions uint64 // that orchestrators ask themselves
	answers   map[uint64]func(saga.Reply)

	chart   *chart // nil when nobody looks
	steps   int
	calls   int
	trouble error // the first thing that must not be

	calm      bool // nothing goes wrong any more
	conflicts int  // that orchestrators have met
	doubles   int  // attempts that began while another of the same step ran
	lives     int  // of orchestrators that share the log
	patiences int
	stirred   time.Time     // by the steady clock: when the last thing happened that was no chore
	skipped   time.Duration // in which only leases would have been renewed
}

// notice is an event of the log that orchestrators are told of.
type notice struct {
	saga.EventSeen
	client   *client
	position eventstore.Position
}

// newWorld makes a world with a number of orchestrators that run already.
func newWorld(st *stage, s subject, inject injector, nodes int) (*world, error) {
	return newSharedWorld(st, s, inject, nodes, nil)
}

// newSharedWorld makes one whose orchestrators share the log by leases, unless shared is nil.
func newSharedWorld(st *stage, s subject, inject injector, nodes int, shared *sharing) (*world, error) {
	began := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	w := &world{
		subject: s, stage: st, inject: inject, began: began, now: began, log: memory.New(),
		byRef: map[saga.Ref]*client{}, stored: map[eventstore.EventID]bool{}, indexes: map[string]*index{},
		counts: map[point]int{}, marks: map[string]int{}, tasks: map[*task]struct{}{},
		answers: map[uint64]func(saga.Reply){},
	}
	if err := st.enter(w); err != nil {
		return nil, err
	}
	if w.stirred = began; shared != nil {
		w.lessor = newLessor(w, *shared)
		if st.granter != nil {
			w.lessor.granter = st.granter()
		}
	}
	w.nodes = make([]*node, nodes)
	for i := range nodes {
		if err := w.boot(heritage{number: i + 1, hand: hand{at: began, since: began}}); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// eventID gives ids that are fresh in this world and the same in the next.
func (w *world) eventID() (id eventstore.EventID) {
	w.ids++
	binary.BigEndian.PutUint64(id[8:], w.ids)
	return id
}

// nth counts how often there was a point of that name, this time included.
func (w *world) nth(p *point) int {
	unnumbered := *p
	unnumbered.nth = 0
	w.counts[unnumbered]++
	return w.counts[unnumbered]
}

// mark notes that something has come about.
func (w *world) mark(what string) { w.marks[what]++ }

// after lets something happen when a time has passed.
func (w *world) after(d time.Duration, happen func()) { w.queue.add(w.now.Add(d), happen) }

// rest lets things happen until nothing is left to happen, at most so many of them.
func (w *world) rest(limit int) {
	for n := 0; n < limit; {
		next, more := w.next()
		if !more || w.trouble != nil {
			return
		}
		w.now = next.at
		if !next.chore {
			w.stirred = w.steady()
			w.steps++
			n++
		}
		next.happen()
	}
	w.blame(errors.New("it never comes to rest"))
}

func (w *world) blame(err error) {
	if w.trouble == nil {
		w.trouble = err
	}
}

// close ends what has not come to its end.
func (w *world) close() {
	w.abandon()
	_ = w.log.Close() // of a log in memory
}

// load reads a saga as the log tells it.
func (w *world) load(ref saga.Ref) (aggregate.Loaded[*saga.Instance], error) {
	loaded, err := w.of(ref).repo.Load(context.Background(), ref.ID)
	switch {
	case unusable(err):
		err = fmt.Errorf("%s: %w: %w", ref, saga.ErrSetAside, err)
	case err == nil && loaded.Aggregate.Fault() != "":
		err = fmt.Errorf("%s: %w: %s", ref, saga.ErrSetAside, loaded.Aggregate.Fault())
	}
	return loaded, err
}

// unusable reports whether an error is a saga's own, so that others can go on.
func unusable(err error) bool {
	var decode *aggregate.DecodeError
	return errors.As(err, &decode) || errors.Is(err, aggregate.ErrChainBroken) || errors.Is(err, eventstore.ErrCorrupt)
}
