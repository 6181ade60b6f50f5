package sagatest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// Limits of one simulation.
const (
	maxOrchestrators = 3
	maxSimHappening  = 50_000
	maxSimRedrives   = 30
)

// result is what one seed did.
type result struct {
	completed, failed, setAside int
	terminated                  int // children that an operator has ended
	parked                      int // times that sagas were found parked, and redriven
	faults                      []thrown
	marks                       map[string]int
	events, steps               int  // in the log; of the run
	parks, redriven, migrated   int  // how often the log says so
	shared                      bool // by leases
	conflicts, doubles          int
	hash                        []byte
	chart                       *chart
	err                         error
}

// sim is one simulation.
type sim struct {
	*world
	dice   *dice
	result result
}

// simulate runs one seed.
func simulate(st *stage, factory func() (subject, error), seed uint64, seeds Seeds, withChart bool) result {
	s := &sim{dice: newDice(seed, seeds.Only)}
	subject, err := factory()
	if err != nil {
		return result{err: err}
	}
	shape := s.dice.of(point{of: ofSeed, nth: 1})
	orchestrators := 1 + shape.below(maxOrchestrators)
	if seeds.Orchestrators > 0 {
		orchestrators = min(seeds.Orchestrators, maxOrchestrators)
	}
	shared := s.dice.sharing(orchestrators)
	s.dice.program(&subject)
	if s.world, err = newSharedWorld(st, subject, s.dice, orchestrators, shared); err != nil {
		return result{err: err}
	}
	defer s.close()
	if withChart {
		s.chart = &chart{}
	}
	within := time.Minute
	if shape.coin() {
		within = stormLength / 2
	}
	for number := 1; number <= seeds.Sagas; number++ {
		if seeds.OnlySagas == nil || slices.Contains(seeds.OnlySagas, number) {
			s.expectClient(number, within)
		}
	}
	s.strikes()
	s.after(stormLength, s.calmDown)
	if s.result.err = s.live(); s.result.err == nil {
		s.result.err = s.check()
	} else {
		s.result.err = errors.Join(s.result.err, s.rules()) // which may tell why
	}
	s.result.faults, s.result.hash, s.result.chart, s.result.marks = s.dice.happened, s.hash(), s.chart, s.marks
	s.result.events, s.result.steps = int(s.ids), s.steps
	s.result.parks, s.result.redriven, s.result.migrated = s.parks, s.redriven, s.marks[markMigrated]
	s.result.shared, s.result.conflicts, s.result.doubles = s.lessor != nil, s.conflicts, s.doubles
	return s.result
}

func (s *sim) expectClient(number int, within time.Duration) {
	l := s.dice.of(point{of: ofClient, saga: number})
	c := s.start(strconv.Itoa(number), l.upTo(within), func(ask int) *node {
		l := s.dice.of(point{of: ofClient, saga: number, nth: ask})
		return s.anyNode(&l)
	})
	c.number = number // the same when others are left out
}

// live lets the storm pass and every saga come to its end.
func (s *sim) live() error {
	for redrives := 0; ; redrives++ {
		s.rest(maxSimHappening)
		if s.trouble != nil {
			return s.trouble
		}
		open := 0
		for _, c := range s.clients {
			parked, is := c.end.Parked()
			_, paused := c.end.Paused()
			switch {
			case c.poisoned || c.end.State().Ended() || c.unborn():
				continue
			case paused && redrives < maxSimRedrives: // whoever was to resume it could not
				open++
				s.resume(c)
				continue
			case redrives < maxSimRedrives && s.remind(c):
				open++
				s.mark(markReminded)
				continue
			case !is && s.awaits(c):
				continue
			case !is:
				return fmt.Errorf("%s is %s and not parked, and nothing will ever happen to it", c.ref, c.end.State())
			case redrives == maxSimRedrives:
				return fmt.Errorf("%s is parked at the %s of %s (%s: %s) after %d redrives while everything goes well",
					c.ref, parked.Direction, parked.Step, parked.Reason, parked.Error, redrives)
			}
			open++
			s.result.parked++
			s.redrive(c, 0)
		}
		if open == 0 {
			return errors.Join(s.count(), s.checkSharing())
		}
	}
}

// count draws the balance, and makes sure that what cannot be read was left alone, and nothing else.
func (s *sim) count() error {
	for _, c := range s.clients {
		switch {
		case c.unborn():
		case c.poisoned || s.held(c):
			s.result.setAside++
		case c.end.State() == saga.StateTerminated:
			s.result.terminated++
		case c.end.State() == saga.StateCompleted:
			s.result.completed++
		default:
			s.result.failed++
		}
	}
	for _, n := range s.nodes {
		for _, aside := range n.engine.SetAside() {
			if c := s.byRef[aside.Ref]; !c.poisoned {
				return fmt.Errorf("%s has set %s aside, which it could read: %s", n.name, c.ref, aside.Reason)
			}
			s.mark("an unreadable saga set aside")
		}
	}
	return nil
}

// hash is over every event of the log, its bytes and its place.
func (w *world) hash() []byte {
	h := sha256.New()
	var line []byte
	for ev, err := range w.log.ReadAll(context.Background(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		if err != nil {
			w.blame(errors.Join(err))
			break
		}
		line = line[:0]
		for _, part := range [][]byte{[]byte(ev.Stream), ev.ID[:], []byte(ev.Type), ev.Data, ev.Metadata} {
			line = binary.BigEndian.AppendUint64(line, uint64(len(part)))
			line = append(line, part...)
		}
		line = binary.BigEndian.AppendUint64(line, uint64(ev.Revision))
		h.Write(line)
	}
	return h.Sum(nil)
}
