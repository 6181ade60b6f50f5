package modelcheck

import (
	"fmt"
	"slices"

	"github.com/skaldgo/skald/saga"
)

// flight is an attempt that a participant was asked for, packed into a number. It is under way until the participant acts
// on it; then it is the participant's answer, of which one or two copies are under way. An answer that is lost is none.
type flight uint32

const (
	stepBits, dirBits, attemptBits, keyBits, probeBits = 2, 1, 5, 6, 2

	dirAt     = stepBits
	attemptAt = dirAt + dirBits
	keyAt     = attemptAt + attemptBits
	probeAt   = keyAt + keyBits
	statusAt  = probeAt + probeBits
)

func newFlight(step int, d saga.Direction, attempt int, k key, probe saga.ProbeUse) flight {
	return flight(step) | flight(d)<<dirAt | flight(attempt)<<attemptAt | flight(k)<<keyAt | flight(probe)<<probeAt
}

func (f flight) step() int           { return int(f & (1<<stepBits - 1)) }
func (f flight) dir() saga.Direction { return saga.Direction(f >> dirAt & 1) }
func (f flight) attempt() int        { return int(f >> attemptAt & (1<<attemptBits - 1)) }
func (f flight) key() key            { return key(f >> keyAt & (1<<keyBits - 1)) }
func (f flight) probe() saga.ProbeUse {
	return saga.ProbeUse(f >> probeAt & (1<<probeBits - 1))
}

// is reports whether it is that of an attempt.
func (f flight) is(step int, d saga.Direction, attempt int8) bool {
	return f.step() == step && f.dir() == d && f.attempt() == int(attempt)
}

// answered reports whether the participant has acted on it.
func (f flight) answered() bool { return f>>statusAt != 0 }

// answer returns what the participant says, and how many copies of it are under way.
func (f flight) answer() (kind saga.OutcomeKind, copies int) {
	status := int(f>>statusAt) - 1
	return saga.OutcomeKind(status >> 1), status&1 + 1
}

func (f flight) with(kind saga.OutcomeKind, copies int) flight {
	return f&(1<<probeAt-1) | flight(int(kind)<<1+copies-1+1)<<statusAt // how it was asked for does not matter any more
}

func (f flight) String() string {
	return fmt.Sprintf("%s of %s, attempt %d", f.dir(), stepName(f.step()), f.attempt())
}

// flights keeps every set of flights once, under a number. The empty set is number 0.
type flights struct {
	sets [][]flight
	ids  map[string]int32
	key  []byte
	set  []flight // the one that is being put together
}

func newFlights() *flights { return &flights{sets: [][]flight{nil}, ids: map[string]int32{"": 0}} }

func (s *flights) of(id int32) []flight { return s.sets[id] }

// replace returns the set with one flight taken out and others put in.
func (s *flights) replace(id int32, out flight, in ...flight) int32 {
	s.set = s.set[:0]
	for _, f := range s.sets[id] {
		if f != out {
			s.set = append(s.set, f)
		}
	}
	s.set = append(s.set, in...)
	return s.intern()
}

// add returns the set with one flight more.
func (s *flights) add(id int32, f flight) int32 {
	s.set = append(append(s.set[:0], s.sets[id]...), f)
	return s.intern()
}

// intern returns the number of the set that was put together.
func (s *flights) intern() int32 {
	slices.Sort(s.set)
	s.key = s.key[:0]
	for _, f := range s.set {
		s.key = append(s.key, byte(f), byte(f>>8), byte(f>>16), byte(f>>24))
	}
	id, known := s.ids[string(s.key)]
	if !known {
		id = int32(len(s.sets))
		s.sets = append(s.sets, slices.Clone(s.set))
		s.ids[string(s.key)] = id
	}
	return id
}
