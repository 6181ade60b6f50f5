package sagatest

import (
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// luck is a stream of random numbers. Every point of a simulation has one of its own, which follows from the seed and the
// name of the point alone: when one fault is left out, what chance has in store for every other point stays as it was.
type luck struct{ state uint64 }

// next is SplitMix64.
func (l *luck) next() uint64 {
	l.state += 0x9e3779b97f4a7c15
	return scramble(l.state)
}

func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// share is drawn from [0,1).
func (l *luck) share() float64 { return float64(l.next()>>11) / (1 << 53) }

// below is drawn from [0,n).
func (l *luck) below(n int) int { return int(l.next() % uint64(n)) }

// coin is true as often as not.
func (l *luck) coin() bool { return l.next()&1 == 1 }

// upTo is drawn from [0,d).
func (l *luck) upTo(d time.Duration) time.Duration { return time.Duration(l.next() % uint64(d)) }

// aspect says what kind of point a point is.
type aspect uint8

const (
	ofSeed      aspect = iota // the shape of a simulation
	ofClient                  // when a saga is started, and where: saga, nth
	ofAttempt                 // saga, step, direction, attempt
	ofAppend                  // saga, the first event with its step and attempt, nth
	ofOrphan                  // as ofAppend, when its sender has crashed
	ofRead                    // saga, node, nth
	ofLate                    // a call for late news: saga, node, nth
	ofIndex                   // a call for a restart index: node, nth
	ofLoad                    // a saga that was loaded: saga, node, nth
	ofTimer                   // a timer that fired: saga, node, nth
	ofNews                    // an event of the log on its way to an orchestrator: node, nth
	ofLife                    // a restart of an orchestrator: node, nth
	ofStrike                  // something from outside: event is its kind, nth
	ofPerson                  // a call of the store by an operator: nth
	ofSharing                 // whether and how a log is shared by leases: nth
	ofLease                   // a call of the lease service: node, nth
	ofSignal                  // how the signal for a wait is sent: saga, step; a call of the store for that: nth
	ofStorm                   // how many faults a seed has: nothing
	ofMigration               // a call of the store by whoever migrates: saga, nth; how versions are rolled out: nothing
)

// point is a place in a simulation where chance decides.
type point struct {
	of      aspect
	dir     saga.Direction
	node    int // from 1
	saga    int // number of the client, from 1
	event   string
	step    string
	attempt int
	nth     int // from 1
}

// luck returns the stream of the point.
func (p *point) luck(seed uint64) luck {
	h := uint64(14695981039346656037)
	for i := range len(p.event) {
		h = (h ^ uint64(p.event[i])) * 1099511628211
	}
	h = scramble(h)
	for i := range len(p.step) {
		h = (h ^ uint64(p.step[i])) * 1099511628211
	}
	h = scramble(h + seed)
	h = scramble(h ^ uint64(p.of)<<8 ^ uint64(p.dir)<<16 ^ uint64(p.node)<<24 ^ uint64(p.saga)<<32)
	return luck{scramble(h ^ uint64(p.attempt)<<32 ^ uint64(p.nth))}
}

// String names the point; no two points of a simulation have the same name.
func (p point) String() string {
	switch p.of {
	case ofAttempt:
		return fmt.Sprintf("saga %s: %s of %s, attempt %d", numeral(p.saga), p.dir, p.step, p.attempt)
	case ofAppend, ofOrphan:
		what := p.event
		if p.step != "" {
			what = fmt.Sprintf("%s %s %d", p.event, p.step, p.attempt)
		}
		if p.of == ofOrphan {
			what += ", its sender crashed"
		}
		return fmt.Sprintf("saga %s: append of %s, call %d", numeral(p.saga), what, p.nth)
	case ofRead:
		return fmt.Sprintf("saga %s: read %d by engine %d", numeral(p.saga), p.nth, p.node)
	case ofLate:
		return fmt.Sprintf("saga %s: late news, call %d of engine %d", numeral(p.saga), p.nth, p.node)
	case ofIndex:
		return fmt.Sprintf("restart index of engine %d, call %d", p.node, p.nth)
	case ofSignal:
		if p.nth == 0 {
			return fmt.Sprintf("saga %s: the signal for %s", numeral(p.saga), p.step)
		}
		return fmt.Sprintf("saga %s: the signal for %s, call %d", numeral(p.saga), p.step, p.nth)
	case ofMigration:
		return fmt.Sprintf("saga %s: its migration, call %d", numeral(p.saga), p.nth)
	case ofLease:
		return fmt.Sprintf("renewal %d of engine %d", p.nth, p.node)
	case ofLife:
		return fmt.Sprintf("restart %d of engine %d", p.nth, p.node)
	case ofStrike:
		return fmt.Sprintf("%s, number %d", p.event, p.nth)
	default:
		return fmt.Sprintf("point %d of engine %d, saga %s, number %d", p.of, p.node, numeral(p.saga), p.nth)
	}
}
