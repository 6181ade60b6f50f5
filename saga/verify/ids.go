package verify

import (
	"encoding/binary"

	"github.com/skaldgo/skald/eventstore"
)

// idSet keeps a fingerprint of each event id that it has seen, in 8 bytes. Ids with equal fingerprints are suspects, to
// be looked at in full: two different ids of a log of ten million events are one with a chance of 1 in 100,000.
type idSet struct {
	slots    []uint64 // open addressing; 0 is free
	used     int
	suspects map[uint64]struct{}
}

// leastSlots is small, because most logs are: those that tests have judged.
const leastSlots = 64

func fingerprint(id eventstore.EventID) uint64 {
	// The golden ratio spreads what a version 7 id keeps in its first half, time and counter, over all bits.
	f := binary.BigEndian.Uint64(id[:8])*0x9e3779b97f4a7c15 ^ binary.BigEndian.Uint64(id[8:])
	return max(f, 1)
}

// add takes in one id.
func (s *idSet) add(id eventstore.EventID) {
	if 4*s.used >= 3*len(s.slots) {
		s.grow()
	}
	f := fingerprint(id)
	if s.insert(f) {
		s.used++
		return
	}
	if s.suspects == nil {
		s.suspects = map[uint64]struct{}{}
	}
	s.suspects[f] = struct{}{}
}

// insert reports whether the fingerprint is new.
func (s *idSet) insert(f uint64) bool {
	mask := uint64(len(s.slots) - 1)
	for i := (f ^ f>>32) & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case 0:
			s.slots[i] = f
			return true
		case f:
			return false
		}
	}
}

func (s *idSet) grow() {
	old := s.slots
	s.slots = make([]uint64, max(leastSlots, 2*len(old)))
	for _, f := range old {
		if f != 0 {
			s.insert(f)
		}
	}
}

// twins finds among all ids those of suspects that are really there twice.
type twins struct {
	suspects map[uint64]struct{}
	seen     map[eventstore.EventID]place
}

type place struct {
	stream   string
	revision int64
}

// again reports where the event's id was seen before.
func (t *twins) again(ev *eventstore.RecordedEvent) (first place, twice bool) {
	if _, suspect := t.suspects[fingerprint(ev.ID)]; !suspect {
		return place{}, false
	}
	if first, twice = t.seen[ev.ID]; !twice {
		t.seen[ev.ID] = place{ev.Stream, ev.Revision}
	}
	return first, twice
}
