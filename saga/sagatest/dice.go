package sagatest

import (
	"fmt"
	"time"
)

// dice is the injector of a simulation.
type dice struct {
	seed     uint64
	rates    rates
	calm     bool            // the second phase: nothing goes wrong any more
	left     int             // how many faults are left, those of calls for leases not counted; below zero for no end of them
	only     map[string]bool // the points at which something may go wrong; nil for all
	happened []thrown
}

// thrown is one fault that has happened.
type thrown struct {
	point point
	kind  string
}

// String tells the fault, behind the name of its point.
func (t thrown) String() string {
	if t.point.of == ofStrike {
		return t.point.String()
	}
	return fmt.Sprintf("%s: %s", t.point, t.kind)
}

func newDice(seed uint64, only []string) *dice {
	d := &dice{seed: seed}
	shape := d.of(point{of: ofSeed})
	signals := d.of(point{of: ofSignal})
	d.rates = draw(&shape).withSignals(&signals)
	d.left = faultsOf(d.of(point{of: ofStorm}))
	if only != nil {
		d.only = map[string]bool{}
		for _, name := range only {
			d.only[name] = true
		}
	}
	return d
}

// of returns the luck of a point.
func (d *dice) of(p point) luck { return p.luck(d.seed) }

// throw draws a fault of a list for a point, "" for none.
func (d *dice) throw(l *luck, p *point, kinds []rated) string {
	if d.calm {
		return ""
	}
	at := l.share()
	for i := range kinds {
		if at -= kinds[i].rate; at < 0 {
			if d.let(p, kinds[i].kind) {
				return kinds[i].kind
			}
			return ""
		}
	}
	return ""
}

// let notes a fault, if it may happen.
func (d *dice) let(p *point, kind string) bool {
	if d.calm || d.only != nil && !d.only[p.String()] {
		return false
	}
	d.happened = append(d.happened, thrown{*p, kind})
	if p.of != ofLease {
		d.left--
		d.calm = d.left == 0
	}
	return true
}

func (d *dice) attempt(p *point) fate {
	l := p.luck(d.seed)
	f := fate{takes: latency(&l), atEnd: l.coin()}
	slow, again := l.upTo(longestDelay), l.upTo(time.Second)
	if l.coin() {
		again = l.upTo(2 * time.Hour)
	}
	f.kind, f.again = Kind(d.throw(&l, p, d.rates.attempts)), again
	if f.kind == faultSlow {
		f.takes = slow
	}
	return f
}

func (d *dice) call(p *point, number int) storeFault {
	l := p.luck(d.seed)
	if number == 0 {
		return storeFault(d.throw(&l, p, d.rates.reads))
	}
	return storeFault(d.throw(&l, p, d.rates.appends))
}

func (d *dice) latency(p *point, part int) time.Duration {
	l := p.luck(d.seed + uint64(part) + 1)
	return latency(&l)
}

func latency(l *luck) time.Duration { return time.Duration(1+l.below(200)) * time.Millisecond }

func (d *dice) jitter(p *point) float64 {
	l := p.luck(d.seed - 1)
	return l.share()
}

func (d *dice) downtime(p *point) time.Duration {
	l := p.luck(d.seed)
	return 100*time.Millisecond + l.upTo(longestStop)
}

func (d *dice) relapse(p *point) (time.Duration, bool) {
	l := p.luck(d.seed)
	l.next() // that of the downtime
	after := l.upTo(400 * time.Millisecond)
	return after, d.throw(&l, p, d.rates.restarts) != ""
}

func (d *dice) orphan(p *point) bool {
	orphan := *p
	orphan.of = ofOrphan
	l := orphan.luck(d.seed)
	return p.of == ofAppend && d.throw(&l, &orphan, d.rates.orphans) != ""
}
