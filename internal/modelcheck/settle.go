package modelcheck

import (
	"errors"
	"fmt"

	"github.com/skaldgo/skald/saga"
)

// settle takes those requests and answers out of a world that cannot make a difference any more: answers that no log will
// ever record, which wantDeaf makes sure of, and requests that change nothing and have such answers only.
func (m *model) settle(w *world) {
	b, past := &m.books.all[w.books], &m.at(w.log).past
	for _, f := range m.flights.of(w.flights) {
		if !m.matters(f, b, past) {
			w.flights = m.flights.replace(w.flights, f)
		}
	}
}

func (m *model) matters(f flight, b *books, past *past) bool {
	last, kind := int(past.last(f.step(), f.dir())), m.by(past).kind(f.step())
	awaited := past.open(f.step(), f.dir()) && !(past.steps[f.step()].child && f.dir() == saga.Action)
	if awaited && last == f.attempt() || last < f.attempt() {
		return true
	}
	if f.dir() == saga.Compensation {
		return !f.answered() && b.undos&f.key().bit() == 0
	}
	if kind == saga.KindChild {
		return false // the data of a child has no effect, and nobody wants it twice
	}
	news := !past.steps[f.step()].succeeded
	if f.answered() {
		outcome, _ := f.answer()
		return news && outcome == saga.Succeeded
	}
	switch k := f.key().bit(); {
	case (b.refused|b.taken)&k != 0:
		return false
	case b.done&k != 0 || f.probe() == saga.ProbeOnly || kind == saga.KindReadOnly:
		return news
	}
	return true
}

// wantDeaf makes sure that a log does not change by answers that are no news: what became of an attempt that has its
// outcome already, unless that was given up and has succeeded for the first time. This is what lets settle drop them.
func (g *graph) wantDeaf(id nodeID) {
	n := g.at(id)
	for i := range g.shape.Steps {
		for _, d := range []saga.Direction{saga.Action, saga.Compensation} {
			last := n.past.last(i, d)
			for attempt := int8(1); attempt <= last; attempt++ {
				asked := n.past.steps[i].child && d == saga.Action
				if !n.past.open(i, d) || attempt != last || asked {
					g.wantNoNews(id, i, d, attempt)
				}
			}
		}
	}
}

func (g *graph) wantNoNews(id nodeID, step int, d saga.Direction, attempt int8) {
	n := g.at(id)
	for _, kind := range []saga.OutcomeKind{
		saga.FailedTransiently, saga.FailedPermanently, saga.SucceededWithNothing, saga.Succeeded,
	} {
		news := d == saga.Action && !n.past.steps[step].succeeded && g.by(&n.past).kind(step) != saga.KindChild
		if kind == saga.Succeeded && news {
			continue
		}
		c := command{kind: recordOutcome, step: int8(step), dir: d, attempt: attempt, outcome: kind, answers: true, start: true}
		events, err := g.call(id, c)
		if n.past.ended != open {
			if !errors.Is(err, saga.ErrEnded) {
				g.breaks(id, events, fmt.Sprintf("G2: after the end the orchestrator %s", c))
			}
			continue
		}
		if len(events) > 0 || err != nil {
			g.breaks(id, events, fmt.Sprintf("G4: it is no news, and the orchestrator %s: %v", c, err))
		}
	}
}
