package modelcheck

import "github.com/skaldgo/skald/saga"

// world is one state: everything that can make a difference to what happens next.
type world struct {
	log     nodeID
	snap    [2]nodeID // what each orchestrator has in hand; none while it is down
	flights int32     // requests and answers under way, see flights
	books   int32     // what the participants know
	flags   flags
}

// flags are the small parts of a world.
type flags struct {
	stale      [2]bool // the snapshot is no longer the end of the log
	recovering [2]bool // the orchestrator was restarted and is to take over the open attempts
	crashes    [2]uint8
	owners     uint8  // two bits for each step: 1 or 2 for the orchestrator that runs its open attempt, 0 when none does
	outside    uint16 // two bits for each kind of act from outside: how many there were
}

// act is what somebody outside does to a saga.
type act uint8

const (
	actRedrive act = iota
	actSignal
	actPause
	actCancel
	actResolve
	actSkip
	actExtend
	actPolicy
)

// most is the greatest number that an act has room for.
const most = 3

func (f *flags) owner(step int) int { return int(f.owners >> (2 * step) & 3) }

func (f *flags) own(step, owner int) { f.owners = f.owners&^(3<<(2*step)) | uint8(owner)<<(2*step) }

func (f *flags) done(a act) int { return int(f.outside >> (2 * a) & 3) }

func (f *flags) do(a act) { f.outside += 1 << (2 * a) }

func (w *world) up(x int) bool { return w.snap[x] != none }

// outdated is the snapshot of an orchestrator of which it does not matter what it has in hand, because whatever it
// decides on it will be refused.
const outdated nodeID = -2

// names of the orchestrators.
func who(x int) string { return string(rune('A' + x)) }

// model is a graph of logs, and the worlds around them.
type model struct {
	*graph
	flights *flights
	books   interned[books]
	from    world  // the world at hand
	steps   []step // its successors
	told    bool   // it is known which step broke the rule that is broken
}

// interned keeps every value of a type once, under a number.
type interned[T comparable] struct {
	all []T
	ids map[T]int32
}

func (s *interned[T]) id(value T) int32 {
	id, known := s.ids[value]
	if !known {
		if s.ids == nil {
			s.ids = map[T]int32{}
		}
		id = int32(len(s.all))
		s.all = append(s.all, value)
		s.ids[value] = id
	}
	return id
}

// step is one thing that can happen.
type step struct {
	next  world
	move  move
	fault bool // it is none of what must happen for sagas to end
}

// move tells what happens in a step.
type move struct {
	kind    moveKind
	who     int8
	command command
	flight  flight
	verdict int8
	copies  int8
}

type moveKind uint8

const (
	moveRestart moveKind = iota
	moveCrash
	moveReload
	moveCommand
	moveConflict
	moveIgnored
	moveParticipant
	moveClock
	moveOutside
)

func newModel(shape *Shape, under Under) *model {
	return &model{graph: newGraph(shape, under, saga.Ref{Name: sagaName, ID: sagaID}, nil), flights: newFlights()}
}

// first is the world before the saga starts: an empty log, and two orchestrators that have nothing in hand yet.
func (m *model) first() world { return world{books: m.books.id(books{})} }
