package sagatest

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// withSignals draws the rates that concern signals, children, words of operators and migrations, beside others that were drawn already. A seed without any
// fault, or with one kind, has none of them.
func (r rates) withSignals(l *luck) rates {
	kinds := 0
	for _, list := range r.all() {
		for i := range list {
			if list[i].rate > 0 {
				kinds++
			}
		}
	}
	r.signals = highestRates().signals
	for i := range r.signals {
		keep, share := l.below(5) > 1, 0.4+0.6*l.share()
		if r.signals[i].rate *= share; kinds < 2 || !keep {
			r.signals[i].rate = 0
		}
	}
	r.children = highestRates().children
	for i := range r.children {
		if keep := l.below(5) > 1; kinds < 2 || !keep {
			r.children[i].rate = 0
		}
	}
	r.words = highestRates().words
	for i := range r.words {
		keep, share := l.below(5) > 1, 0.4+0.6*l.share()
		if r.words[i].rate *= share; kinds < 2 || !keep {
			r.words[i].rate = 0
		}
	}
	r.migrations = highestMigrations()
	if keep := l.below(5) > 1; kinds < 2 || !keep {
		r.migrations[0].rate = 0
	}
	return r
}

// signal lets a signal be sent when the saga is about to wait for it, a little earlier or later, unless something is
// unusual about it.
func (d *dice) signal(p *point, _ *saga.PlannedStep) sending {
	l := p.luck(d.seed)
	s := sending{after: l.upTo(4 * time.Second), payload: l.below(16)}
	late, again, others := l.upTo(stormLength), l.upTo(time.Minute), 1+l.below(3)
	switch s.kind = d.throw(&l, p, d.rates.signals); s.kind {
	case faultSignalLate:
		s.after = late
	case faultSignalNever:
		s.never = true
	case faultSignalTwice:
		s.again = []time.Duration{again}
	case faultSignalSeveral:
		for range others {
			s.others = append(s.others, l.upTo(10*time.Second))
		}
	}
	return s
}
