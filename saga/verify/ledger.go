package verify

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/skaldgo/skald/saga"
)

// Ledger is what participants know of the effects that they really had. It is read once, before the log, and must hold
// still while it is; a saga that ends between the two readings can look unbalanced.
type Ledger interface {
	// Effects yields every effect. Effects of one saga, step, direction and key are added up.
	Effects(ctx context.Context) iter.Seq2[Effect, error]
	// Keeps reports whether the effects of a step are in the ledger; those of other steps are not asked for.
	Keeps(saga, step string) bool
}

// Effect is one effect of a participant.
type Effect struct {
	Saga      saga.Ref
	Step      string
	Direction saga.Direction
	Key       string // the idempotency key under which it was requested
	// Applied is how often it was really applied: 1 as a rule, 0 for a compensation that found nothing to undo. Requests
	// that were recognised as repeats do not count.
	Applied int
}

// books is a ledger, arranged by saga.
type books struct {
	ledger   Ledger
	entries  map[string]*entry // by key
	net      map[string]map[string]int
	suspects map[suspect]string
}

type entry struct {
	Effect
	requested bool
}

type suspect struct{ stream, step string }

// readLedger reads the ledger.
func (p *pass) readLedger(ctx context.Context, ledger Ledger) (*books, error) {
	b := &books{
		ledger: ledger, entries: map[string]*entry{}, net: map[string]map[string]int{}, suspects: map[suspect]string{},
	}
	for effect, err := range ledger.Effects(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read the ledger: %w", err)
		}
		e := b.entries[effect.Key]
		if e == nil {
			e = &entry{Effect: effect}
			b.entries[effect.Key] = e
		} else {
			e.Applied += effect.Applied
		}
		stream := effect.Saga.Stream()
		if b.net[stream] == nil {
			b.net[stream] = map[string]int{}
		}
		if effect.Direction == saga.Compensation {
			b.net[stream][effect.Step] -= effect.Applied
		} else {
			b.net[stream][effect.Step] += effect.Applied
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b.entries)) {
		if e := b.entries[key]; e.Applied > 1 {
			p.found.add(ruleOneEffect, e.Saga.Stream(), -1, "The effect of %s was applied %d times.", key, e.Applied)
		}
	}
	return b, nil
}

func (b *books) request(key string) {
	if e := b.entries[key]; e != nil {
		e.requested = true
	}
}

// settle draws the balance of a saga that has ended. A step without an effect of its own needs none:
// one that starts another saga has that in the books of the other.
func (b *books) settle(h *history, succeeded bool) {
	want := 0
	if succeeded {
		want = 1
	}
	for i := range h.def.plan.Steps {
		step := &h.def.plan.Steps[i]
		if step.Child != nil || h.steps[i].told || !h.def.hasEffect(i) || !b.ledger.Keeps(h.ref.Name, step.Name) {
			continue
		}
		if net := b.net[h.stream.name][step.Name]; net != want {
			b.suspects[suspect{h.stream.name, step.Name}] = fmt.Sprintf("The effects of %s sum up to %d and should to %d.",
				step.Name, net, want)
		}
	}
	delete(b.net, h.stream.name)
}

// excuse takes back a suspicion: the log says itself that the step happened after the saga had failed, for a person.
func (b *books) excuse(stream, step string) { delete(b.suspects, suspect{stream, step}) }

// close reports what is left when the whole log has been read.
func (b *books) close(p *pass) {
	for _, s := range slices.SortedFunc(maps.Keys(b.suspects), suspect.compare) {
		p.found.add(ruleNetEffect, s.stream, -1, "%s", b.suspects[s])
	}
	for _, key := range slices.Sorted(maps.Keys(b.entries)) {
		if e := b.entries[key]; !e.requested && e.Applied > 0 {
			p.found.add(ruleRequested, e.Saga.Stream(), -1, "No attempt carries the key %s.", key)
		}
	}
}
