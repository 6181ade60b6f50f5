package sagatest

import (
	"slices"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// renewal is what becomes of a call of the lease service.
type renewal struct {
	kind        string // "" when nothing goes wrong
	there, back time.Duration
	silent      bool // what is lost gives no answer at all, instead of an error
}

// renewer is an injector that lets calls of the lease service go wrong.
type renewer interface {
	renewal(p *point, ttl time.Duration) renewal
}

func (t *tenure) fate(p *point) renewal {
	if r, is := t.n.w.inject.(renewer); is && t.n.w.anyOpen() {
		return r.renewal(p, t.lessor.ttl)
	}
	return renewal{there: t.n.w.inject.latency(p, 1), back: t.n.w.inject.latency(p, 2)}
}

// renewIn calls the service when a length has passed, or before that when there is a hurry.
func (t *tenure) renewIn(d time.Duration) {
	if t.hurry {
		d, t.hurry = 0, false
	}
	t.turn++
	turn := t.turn
	t.in(d, func() {
		if turn == t.turn {
			t.call()
		}
	})
}

// soon lets the next call not wait.
func (t *tenure) soon() {
	t.hurry = true
	if !t.calling {
		t.renewIn(0)
	}
}

// giveBack returns a shard with the next call.
func (t *tenure) giveBack(lease eventstore.ShardLease) {
	t.n.w.mark("a shard handed over")
	t.returned = append(t.returned, lease)
	t.soon()
}

// raise asks for tokens above one that is in the log already.
func (t *tenure) raise(fence uint64) {
	if fence > t.above {
		t.n.w.mark("a token that was behind")
		t.above = fence
		t.soon()
	}
}

// call renews. Like the shipped shell it gives up while there is time for another call before the leases lapse, and has
// more patience after each time.
func (t *tenure) call() {
	w, sent := t.n.w, t.now()
	t.calling, t.hurry = true, false
	p := point{of: ofLease, node: t.n.number}
	p.nth = w.nth(&p)
	fate, returned := t.fate(&p), slices.Clone(t.returned)
	request := t.lessor.request(t.owner)
	request.Above = t.above
	request.Returned = returned
	if fate.kind != "" {
		w.say(t.n.name, "leases", "✗ "+fate.kind)
	}
	var grant eventstore.LeaseGrant
	if fate.kind != faultRenewalLost {
		w.chore(fate.there, func() {
			if grant = t.lessor.serve(request); t.icy > 0 {
				t.n.freeze(t.icy)
				t.icy = 0
			}
		})
	}
	until, patience := sent.Add(t.lessor.ttl), t.patience
	lost := fate.kind == faultRenewalLost || fate.kind == faultRenewalUnheard
	if lost && fate.silent || fate.there+fate.back >= patience {
		w.chore(patience, func() { t.awake(t.failed) })
		return
	}
	w.chore(fate.there+fate.back, func() {
		t.awake(func() {
			if lost {
				t.failed()
				return
			}
			t.answered(grant, returned, until)
		})
	})
}

func (t *tenure) failed() {
	t.calling = false
	t.patience = min(2*t.patience, t.lessor.ttl)
	t.renewIn(t.lessor.ttl / retries)
}

func (t *tenure) answered(grant eventstore.LeaseGrant, returned []eventstore.ShardLease, until time.Time) {
	t.calling = false
	t.returned = slices.DeleteFunc(t.returned, func(l eventstore.ShardLease) bool { return slices.Contains(returned, l) })
	if t.n.w.tardy {
		until = t.now().Add(t.lessor.ttl)
	}
	t.patience = t.lessor.ttl / renewals
	t.renewIn(t.lessor.ttl / renewals)
	t.granted(grant, until)
}

// leave ends the membership. The call may get lost as any other: then it lapses.
func (t *tenure) leave() {
	p := point{of: ofLease, node: t.n.number}
	p.nth = t.n.w.nth(&p)
	request := t.lessor.request(t.owner)
	request.Leave = true
	if fate := t.fate(&p); fate.kind != faultRenewalLost {
		t.n.w.chore(fate.there, func() { t.lessor.serve(request) })
	}
}
