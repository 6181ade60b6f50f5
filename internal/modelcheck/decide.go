package modelcheck

import (
	"fmt"

	"github.com/skaldgo/skald/saga"
)

// commands lets an orchestrator decide a command with every number of slots, or with none if it lets the saga go.
func (m *model) commands(w world, x int, c command, from flight) {
	if m.letsGo(x, w.snap[x]) {
		m.command(w, x, c, from)
		return
	}
	for _, one := range m.of(w.snap[x]).slots(c) {
		m.command(w, x, one, from)
	}
}

// command lets an orchestrator decide a command on what it has in hand, and append. from is the answer that led to it.
func (m *model) command(w world, x int, c command, from flight) {
	snap := w.snap[x]
	a := m.ask(snap, c)
	if !m.agrees(snap, a, c) {
		return
	}
	how := move{kind: moveCommand, who: int8(x), command: c, flight: from}
	fault := c.kind == declareMissing || c.kind == declareStillRunning
	used := w
	if from != 0 {
		used.flights = m.use(w.flights, from)
	}
	switch {
	case len(a.events) == 0 && from == 0:
	case len(a.events) == 0:
		m.wantRecorded(w, x, c)
		how.kind = moveIgnored
		m.to(used, how, false)
	case !w.flags.stale[x]:
		m.to(m.appended(used, x, a), how, fault)
	default:
		how.kind = moveConflict
		m.to(m.conflict(w, used, x, a), how, fault)
	}
}

// agrees reports whether Decide has answered. The world gives no command that it may refuse.
func (m *model) agrees(log nodeID, a *answer, c command) bool {
	if a.refuse != nil {
		m.breaks(log, nil, fmt.Sprintf("G24: Decide refuses when the orchestrator %s: %v", c, a.refuse))
		m.told = true
	}
	return a.refuse == nil
}

// wantRecorded makes sure that a success which the log does not know is not passed over by who knows the log.
func (m *model) wantRecorded(w world, x int, c command) {
	news := c.dir == saga.Action && c.outcome == saga.Succeeded && !m.at(w.log).past.steps[c.step].succeeded
	news = news && m.of(w.log).kind(int(c.step)) != saga.KindChild // whose data is of no use but in its attempt
	if news && !w.flags.stale[x] {
		m.breaks(w.log, nil, fmt.Sprintf("G11: nothing is recorded when the orchestrator %s", c))
	}
}

// use takes one copy of an answer.
func (m *model) use(set int32, f flight) int32 {
	if kind, copies := f.answer(); copies > 1 {
		return m.flights.replace(set, f, f.with(kind, copies-1))
	}
	return m.flights.replace(set, f)
}
