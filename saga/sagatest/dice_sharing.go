package sagatest

import "time"

// sharing draws whether several orchestrators share the log by leases, as every other time, and how; nil means that they
// fight for each saga. Nothing else is drawn from what it draws from.
func (d *dice) sharing(orchestrators int) *sharing {
	l := d.of(point{of: ofSharing})
	if orchestrators < 2 || l.coin() {
		return nil
	}
	s := &sharing{shards: 1 + l.below(mostShards), ttl: 10 * time.Second << l.below(3)}
	rates := d.of(point{of: ofSharing, nth: 1})
	d.rates = d.rates.drawShared(&rates)
	return s
}

// renewal lets a call of the lease service go wrong. What is delayed comes soon enough to be done while its sender still
// waits for it, though the answer may come too late.
func (d *dice) renewal(p *point, ttl time.Duration) renewal {
	l := p.luck(d.seed)
	r := renewal{there: latency(&l), back: latency(&l), silent: l.coin()}
	onTheWayThere, longer := l.coin(), l.upTo(ttl)
	if r.kind = d.throw(&l, p, d.rates.renewals); r.kind == faultRenewalDelayed {
		if onTheWayThere {
			r.there += longer * 9 / 10
		} else {
			r.back += 2 * longer
		}
	}
	return r
}

// strikeLeases lets a fault of leases happen to an orchestrator.
func (s *sim) strikeLeases(p *point, l *luck, n *node) {
	t, ttl := n.tenure, s.lessor.ttl
	length, wanted, by := ttl/2+l.upTo(9*ttl/2), l.next(), l.upTo(20*ttl)-10*ttl
	if !s.dice.let(p, p.event) {
		return
	}
	s.say(n.name, "", "✗ "+p.event)
	switch p.event {
	case faultFreezeLeases:
		if wanted&1 == 1 {
			t.icy = length
		} else {
			n.freeze(length)
		}
	case faultLie:
		s.lessor.lies[t.owner] = &lie{
			until: s.steady().Add(length), told: map[int]uint64{},
			wanted: func(shard int) bool { return wanted>>shard&1 == 1 },
		}
	case faultBlind:
		t.blind = s.steady().Add(length)
		s.chore(length, func() { t.awake(t.check) })
	case faultSkew:
		n.jump(by, n.hand.percent)
	}
}

// calmDown ends the time in which things go wrong. An older program leaves alone what a newer one has begun, or what was
// migrated, so that all of those that share a log, and all where there were migrations, become the newest in the end.
func (s *sim) calmDown() {
	s.dice.calm, s.calm = true, true
	newest := 0
	switch {
	case s.migrations > 0: // to what not all may know
		newest = len(s.programs) - 1
	case s.lessor == nil:
		return
	}
	for _, n := range s.nodes {
		newest = max(newest, n.level)
	}
	for _, n := range s.nodes {
		if n.level < newest {
			n.level = newest // of the life that follows
			n.stop(0)
		}
	}
}

// checkSharing tells what is wrong with the leases at the end, when nothing has gone wrong for a while.
func (s *sim) checkSharing() error {
	if s.lessor == nil {
		return nil
	}
	return s.lessor.check(s.nodes, len(s.dice.happened) == 0 && s.signals == 0)
}
