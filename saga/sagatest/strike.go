package sagatest

import (
	"fmt"
	"slices"
	"time"
)

// strikes is what comes from outside, each kind with occasions of its own.
func (s *sim) strikes() {
	kinds := slices.Concat(s.dice.rates.strikes, s.dice.rates.leases, s.dice.rates.words)
	if s.hasChildren() {
		kinds = append(kinds, s.dice.rates.children...)
	}
	if s.migrates {
		kinds = append(kinds, s.dice.rates.migrations...)
	}
	for _, k := range kinds {
		if k.rate > 0 {
			s.expect(k, 1, 0)
		}
	}
	if l := s.dice.of(point{of: ofSeed, nth: 2}); l.coin() {
		s.expectRecord(1)
	}
}

// expect lets a fault strike for the nth time. The occasions do not depend on anything that happens.
func (s *sim) expect(k rated, nth int, at time.Duration) {
	p := point{of: ofStrike, event: k.kind, nth: nth}
	l := s.dice.of(p)
	at += pauseBetween(&l)
	if at >= stormLength {
		return
	}
	s.queue.add(s.began.Add(at), func() {
		if s.dice.calm {
			return
		}
		if l.share() < k.rate {
			s.strike(&p, &l)
		}
		s.expect(k, nth+1, at)
	})
}

func pauseBetween(l *luck) time.Duration {
	soon, late := l.upTo(2*time.Second), l.upTo(2*time.Minute)
	if l.coin() {
		return soon // while the sagas are busy
	}
	return late
}

// strike lets a fault happen now, if there is anything for it to happen to.
func (s *sim) strike(p *point, l *luck) {
	n, c := s.anyNode(l), s.clients[l.below(len(s.clients))]
	if !s.anyOpen() {
		return
	}
	switch p.event {
	case faultOperator, faultOldView:
		s.strikeByOperator(p, l, c)
	case faultCancel:
		if c.open() && s.dice.let(p, p.event) {
			s.cancel(c)
		}
	case faultPause:
		if length := l.upTo(3 * time.Minute); c.open() && s.dice.let(p, p.event) {
			s.say("operator", "", "✗ pauses "+c.ref.String())
			s.pause(c, length)
		}
	case faultPoison:
		if c.open() && !c.poisoned && len(s.clients) > 1 && s.dice.let(p, p.event) {
			s.say("newer program", "log", "✗ appends an event of an unknown type to "+c.ref.String())
			s.poison(c)
		}
	case faultEndChild:
		if children := s.openChildren(); len(children) > 0 {
			if c := children[l.below(len(children))]; s.dice.let(p, p.event) {
				s.terminate(c)
			}
		}
	case faultResolve, faultSkip, faultExtend, faultPolicy:
		s.strikeByWord(p, l)
	case faultMigrate:
		s.strikeByMigration(p, l)
	case faultFreezeLeases, faultLie, faultBlind, faultSkew:
		if !n.dead && !n.isFrozen() {
			s.strikeLeases(p, l, n)
		}
	default:
		if !n.dead && !n.isFrozen() {
			s.strikeNode(p, l, n)
		}
	}
}

func (s *sim) strikeByOperator(p *point, l *luck, c *client) {
	switch parked := s.parkedClients(); {
	case len(parked) > 0 && l.below(8) > 0:
		c = parked[l.below(len(parked))]
	case l.below(8) > 0: // to redrive what is not parked is not worth trying often
		return
	}
	thinks := l.upTo(time.Minute)
	if !c.open() || !s.dice.let(p, p.event) {
		return
	}
	if p.event == faultOperator {
		thinks = 0
	}
	s.redrive(c, thinks)
}

func (s *sim) parkedClients() []*client {
	var parked []*client
	for _, c := range s.clients {
		if _, is := c.end.Parked(); is && !c.poisoned {
			parked = append(parked, c)
		}
	}
	return parked
}

func (s *sim) openChildren() []*client {
	var children []*client
	for _, c := range s.clients {
		if c.parent != nil && c.open() && !c.poisoned {
			children = append(children, c)
		}
	}
	return children
}

func (s *sim) strikeNode(p *point, l *luck, n *node) {
	kind, by := p.event, l.upTo(2*time.Hour)-time.Hour
	if l.below(16) == 0 {
		by *= 10 * 365 * 24 // years
	}
	length, percent := l.upTo(20*time.Second), l.below(41)-20
	if l.below(4) == 0 {
		length = l.upTo(10 * time.Minute)
	}
	if kind == faultUpgrade && n.level+1 >= len(s.programs) || kind == faultStop && n.stopping ||
		kind == faultRetold && n.told == 0 || kind == faultIndex && s.indexes[n.indexStream()] == nil ||
		!s.dice.let(p, kind) {
		return
	}
	s.say(n.name, "", "✗ "+kind)
	switch kind {
	case faultCrash:
		s.crash(n)
	case faultUpgrade:
		n.level++ // of the life that follows
		if l.coin() {
			n.stop(length)
		} else {
			s.crash(n)
		}
	case faultStop:
		n.stop(length)
	case faultFreeze:
		n.freeze(length)
	case faultClock:
		s.say(n.name, "", fmt.Sprintf("✗ its clock jumps by %s", by.Round(time.Millisecond)))
		n.jump(by, n.hand.percent)
	case faultDrift:
		s.say(n.name, "", fmt.Sprintf("✗ its clock runs fast by %d %%", percent))
		n.jump(0, percent)
	case faultLag:
		n.deafUntil = s.now.Add(length)
	case faultRetold:
		n.told = max(0, n.told-1-l.below(n.told))
		s.after(0, n.follow)
	case faultIndex:
		s.indexes[n.indexStream()].lost = true
	}
}

// anyNode picks an orchestrator. That there are fewer changes nothing for those that are left.
func (s *sim) anyNode(l *luck) *node {
	for {
		if i := l.below(maxOrchestrators); i < len(s.nodes) {
			return s.nodes[i]
		}
	}
}

// expectRecord lets orchestrators write their restart index.
func (s *sim) expectRecord(nth int) {
	l := s.dice.of(point{of: ofSeed, nth: 2 + nth})
	s.after(l.upTo(30*time.Second), func() {
		s.anyNode(&l).record()
		if !s.dice.calm {
			s.expectRecord(nth + 1)
		}
	})
}
