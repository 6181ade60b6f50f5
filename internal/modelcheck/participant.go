package modelcheck

import (
	"fmt"

	"github.com/skaldgo/skald/saga"
)

// participant adds every way in which a request can be acted on, and its answer be lost or doubled.
func (m *model) participant(w world, f flight) {
	b := m.books.all[w.books]
	for i, v := range m.verdicts(m.of(w.log), b, f) {
		next := w
		next.books = m.books.id(v.after)
		if v.after.net != b.net {
			m.wantEffect(w, f, v.after)
		}
		for copies := range m.copies(m.of(w.log), f) + 1 {
			if copies == 0 {
				next.flights = m.flights.replace(w.flights, f)
			} else {
				next.flights = m.flights.replace(w.flights, f, f.with(v.kind, copies))
			}
			m.to(next, move{kind: moveParticipant, flight: f, verdict: int8(i), copies: int8(copies)}, copies != 1)
		}
	}
}

// wantEffect judges an effect at the moment at which it happens.
func (m *model) wantEffect(w world, f flight, after books) {
	i := f.step()
	if net := after.net[i]; net < 0 || net > 1 {
		m.breaks(w.log, nil, fmt.Sprintf("E1: the effects of step %s sum up to %d", stepName(i), net))
	}
	if int(m.at(w.log).past.last(i, f.dir())) < f.attempt() {
		m.breaks(w.log, nil, fmt.Sprintf("E3: the %s has an effect and is not in the log", f))
	}
}

// copies is how often an answer can come. The function that gives the data of a child runs in the orchestrator and is
// answered by it, so its answer is lost with a crash, and never comes twice.
func (m *model) copies(s *Shape, f flight) int {
	if f.dir() == saga.Action && s.kind(f.step()) == saga.KindChild {
		return 1
	}
	return 2
}
