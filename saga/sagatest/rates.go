package sagatest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/skaldgo/skald/saga"
)

// The faults of a simulation that concern neither an attempt nor a call of the store.
const (
	faultCrash    = "crash at any moment"
	faultClock    = "clock jump"
	faultOperator = "redrive by an operator"
	faultSlow     = "slow participant"
)

// storeFaults are those of appends, readFaults those of reads, attemptFaults those of attempts, with the highest rates.
func storeFaults() []rated {
	return []rated{
		{string(crashBefore), 0.05}, {string(crashAfter), 0.05}, {string(refuseCall), 0.1}, {string(falseConflict), 0.1},
		{string(timedOutUndone), 0.1}, {string(timedOutDone), 0.1},
	}
}

func readFaults() []rated { return []rated{{string(unavailableRead), 0.1}, {string(staleRead), 0.1}} }

func attemptFaults() []rated {
	return []rated{
		{faultSlow, 0.2}, {string(PermanentError), 0.1}, {string(TransientError), 0.2}, {string(Panic), 0.1},
		{string(Timeout), 0.1}, {string(DoneButTimedOut), 0.1}, {string(LateSuccess), 0.1},
	}
}

// rated is a kind of fault with a rate.
type rated struct {
	kind string
	rate float64
}

// swarm draws the rates of one seed: each kind is left out as often as not.
func swarm(r *rand.Rand, kinds []rated) []rated {
	for i := range kinds {
		kinds[i].rate *= r.Float64()
		if r.IntN(2) == 0 {
			kinds[i].rate = 0
		}
	}
	return kinds
}

// dice is the injector of a simulation. The number of a fault is how many others had been thrown in the run before it.
type dice struct {
	*rand.Rand
	store, reads, attempts []rated
	calm                   bool // the second phase: nothing goes wrong any more
	thrown                 int
	only                   map[int]bool // the faults that may happen; nil for all
	happened               []thrown
}

// thrown is one fault that has happened.
type thrown struct {
	number int
	kind   string
}

func newDice(seed uint64, only []int) *dice {
	d := &dice{Rand: rand.New(rand.NewPCG(seed, 0x736b616c64))}
	d.store, d.reads, d.attempts = swarm(d.Rand, storeFaults()), swarm(d.Rand, readFaults()), swarm(d.Rand, attemptFaults())
	if only != nil {
		d.only = map[int]bool{}
		for _, number := range only {
			d.only[number] = true
		}
	}
	return d
}

// throw draws a fault of a list, "" for none.
func (d *dice) throw(kinds []rated) string {
	if d.calm {
		return ""
	}
	at := d.Float64()
	for _, k := range kinds {
		if at -= k.rate; at < 0 {
			return d.let(k.kind)
		}
	}
	return ""
}

// let numbers a fault, and returns it if it may happen.
func (d *dice) let(kind string) string {
	number := d.thrown
	d.thrown++
	if d.only != nil && !d.only[number] {
		return ""
	}
	d.happened = append(d.happened, thrown{number, kind})
	return kind
}

func (d *dice) attempt(saga.RunAttempt) fate {
	f := fate{takes: d.latency(), atEnd: d.IntN(2) == 0}
	slow := time.Duration(d.Int64N(int64(12 * time.Minute)))
	switch kind := d.throw(d.attempts); kind {
	case faultSlow:
		f.takes = slow
	default:
		f.kind = Kind(kind)
	}
	return f
}

func (d *dice) call(number int) storeFault {
	if number == 0 {
		return storeFault(d.throw(d.reads))
	}
	return storeFault(d.throw(d.store))
}

func (d *dice) latency() time.Duration { return time.Duration(1+d.IntN(200)) * time.Millisecond }
func (d *dice) jitter() float64        { return d.Float64() }
func (d *dice) downtime() time.Duration {
	return 100*time.Millisecond + time.Duration(d.Int64N(int64(10*time.Second)))
}

func (t thrown) String() string { return fmt.Sprintf("%d: %s", t.number, t.kind) }
