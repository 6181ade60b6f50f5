package sagatest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// Limits of one simulation.
const (
	stormLength     = 20 * time.Minute // how long things go wrong
	maxSimHappening = 200_000
	maxSimRedrives  = 30
)

// result is what one seed did.
type result struct {
	completed, failed, parked int
	faults                    []thrown
	hash                      []byte
	chart                     *chart
	err                       error
}

// sim is one simulation.
type sim struct {
	*world
	dice   *dice
	result result
}

// simulate runs one seed.
func simulate(factory func() (subject, error), seed uint64, seeds Seeds, withChart bool) result {
	s := &sim{dice: newDice(seed, seeds.Only)}
	subject, err := factory()
	if err != nil {
		return result{err: err}
	}
	if s.world, err = newWorld(subject, s.dice, 1+s.dice.IntN(3)); err != nil {
		return result{err: err}
	}
	defer s.close()
	if withChart {
		s.chart = &chart{}
	}
	for i := range seeds.Sagas {
		s.start(strconv.Itoa(i+1), time.Duration(s.dice.Int64N(int64(time.Minute))), s.pick)
	}
	for _, kind := range []string{faultCrash, faultClock, faultOperator} {
		if s.dice.IntN(2) == 0 {
			s.after(s.pauseBetween(), func() { s.strike(kind) })
		}
	}
	s.after(stormLength, func() { s.dice.calm = true })
	if s.result.err = s.live(); s.result.err == nil {
		s.result.err = s.check()
	}
	s.result.faults, s.result.hash, s.result.chart = s.dice.happened, s.hash(), s.chart
	return s.result
}

func (s *sim) pick() int { return s.dice.IntN(len(s.nodes)) }

func (s *sim) pauseBetween() time.Duration {
	if s.dice.IntN(2) == 0 { // while the sagas are busy
		return time.Duration(s.dice.Int64N(int64(2 * time.Second)))
	}
	return time.Duration(s.dice.Int64N(int64(5 * time.Minute)))
}

// strike lets a fault happen now, and another later, until things go well again.
func (s *sim) strike(kind string) {
	if s.dice.calm {
		return
	}
	n := s.nodes[s.pick()]
	by := time.Duration(s.dice.Int64N(int64(2*time.Hour))) - time.Hour
	ref := s.clients[s.dice.IntN(len(s.clients))].ref
	busy := len(s.open()) > 0
	if busy && (kind == faultOperator || !n.dead) && s.dice.let(kind) != "" {
		switch kind {
		case faultCrash:
			s.crash(n)
		case faultClock:
			s.say(n.String(), "", fmt.Sprintf("✗ its clock jumps by %s", by.Round(time.Millisecond)))
			n.jump(by)
		case faultOperator:
			s.redriveIfThere(ref)
		}
	}
	s.after(s.pauseBetween(), func() { s.strike(kind) })
}

// jump changes the clock of an orchestrator, and lets its timers know.
func (n *node) jump(by time.Duration) {
	n.offset += by
	for _, c := range n.w.clients { // in their order, not that of the map
		if at, set := n.timers[c.ref]; set {
			n.await(c.ref, at)
		}
	}
}

func (w *world) redriveIfThere(ref saga.Ref) {
	for _, seen := range w.log {
		if seen.Ref == ref {
			w.redrive(ref)
			return
		}
	}
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
			loaded, err := s.load(c.ref)
			if err != nil {
				return fmt.Errorf("look at %s: %w", c.ref, err)
			}
			end := loaded.Aggregate
			parked, is := end.Parked()
			switch {
			case end.State().Ended():
				continue
			case !is:
				return fmt.Errorf("%s is %s and not parked, and nothing will ever happen to it", c.ref, end.State())
			case redrives == maxSimRedrives:
				return fmt.Errorf("%s is parked at the %s of %s (%s: %s) after %d redrives while everything goes well",
					c.ref, parked.Direction, parked.Step, parked.Reason, parked.Error, redrives)
			}
			open++
			s.result.parked++
			s.redrive(c.ref)
		}
		if open == 0 {
			return s.count()
		}
	}
}

func (s *sim) count() error {
	for _, c := range s.clients {
		loaded, err := s.load(c.ref)
		if err != nil {
			return err
		}
		if loaded.Aggregate.State() == saga.StateCompleted {
			s.result.completed++
		} else {
			s.result.failed++
		}
	}
	return nil
}

// hash is over every event of the log, its bytes and its place.
func (w *world) hash() []byte {
	h := sha256.New()
	for ev, err := range w.store.ReadAll(context.Background(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		if err != nil {
			w.blame(err)
			break
		}
		fmt.Fprintf(h, "%s %d %s %s %d:%s %d:%s\n", ev.Stream, ev.Revision, ev.ID, ev.Type,
			len(ev.Data), ev.Data, len(ev.Metadata), ev.Metadata)
	}
	return h.Sum(nil)
}
