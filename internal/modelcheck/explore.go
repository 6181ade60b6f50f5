package modelcheck

import (
	"context"
	"fmt"
)

// maxStates bounds the memory of one exploration to some 4 GiB.
const maxStates = 12_000_000

// Report is what an exploration has seen.
type Report struct {
	States, Transitions int64
	Depth               int64 // of the state farthest from the first, in steps
	Logs, Appends       int64 // distinct logs, and appends from one to another
	Judged              int64 // whole logs that package verify has checked, in which every append occurs
	// How many states are ends of these kinds; Parked counts those in which no redrive is left.
	Completed, Failed, Parked int64
	// Waiting counts the states in which a saga waits for a signal that nobody sends any more; Terminated is the number of
	// ends by an operator.
	Waiting, Terminated int64
	// Migrated counts the states of sagas that were migrated, and NotMigrated the logs that could not be.
	Migrated, NotMigrated int64
}

// explorer walks through the worlds of a model, nearest first.
type explorer struct {
	*model
	space[world]
	report Report
}

// Explore walks through every state of a saga of a shape, until there are no more. The first broken rule ends it with a
// *ViolationError, which tells the shortest way to it; the report then holds what was seen until then. A shape with more
// states than fit into memory is an error as well: an exploration is complete, or has failed.
func Explore(ctx context.Context, shape Shape, under Under) (Report, error) {
	if shape.Child != nil {
		f, err := exploreFamily(ctx, newFamily(&shape, under))
		return f.report, err
	}
	e, err := explore(ctx, newModel(&shape, under))
	return e.report, err
}

func explore(ctx context.Context, m *model) (*explorer, error) {
	e := &explorer{model: m}
	err := e.run(ctx)
	e.report.States, e.report.Transitions = int64(len(e.states)), int64(len(e.out))
	e.report.Logs, e.report.Appends, e.report.NotMigrated = int64(len(e.nodes)), int64(len(e.edges)), e.refused
	return e, err
}

func (e *explorer) run(ctx context.Context) error {
	if err := e.shape.validate(sagaName); err != nil {
		return fmt.Errorf("explore %s: %w", e.shape, err)
	}
	e.reach(e.first(), -1)
	levelEnd := 1
	for id := 0; id < len(e.states); id++ {
		if id == levelEnd {
			e.report.Depth++
			levelEnd = len(e.states)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if err := e.expand(int32(id)); err != nil {
			return err
		}
	}
	e.begins = append(e.begins, int32(len(e.out)))
	e.ids = nil // nothing is looked up any more, and it is a quarter of the memory
	if err := e.wantWaysOut(); err != nil {
		return err
	}
	judged, err := e.judge(ctx)
	e.report.Judged = int64(judged)
	return err
}

func (e *explorer) expand(id int32) error {
	w := e.states[id]
	e.begins = append(e.begins, int32(len(e.out)))
	e.count(w)
	for _, s := range e.moves(w) {
		e.step(id, s.next, s.fault)
	}
	if len(e.states) > maxStates {
		return fmt.Errorf("explore %s: it has more than %d states", e.shape, maxStates)
	}
	return e.violation(id)
}

// violation returns the broken rule, if one was broken in a state.
func (e *explorer) violation(id int32) error {
	if e.broken == nil {
		return nil
	}
	last := e.broken.Trace // the step that broke it, unless it was broken before any
	e.told = true
	e.broken.Trace = append(e.trace(id), last...)
	return e.broken
}

// count notes what kind of end a world is, if it is one, and draws the balance.
func (e *explorer) count(w world) {
	e.report.count(e.model, w)
	e.wantBalance(w)
}

// count notes what kind of end a world is, if it is one.
func (r *Report) count(m *model, w world) {
	past := &m.at(w.log).past
	if past.migrated {
		r.Migrated++
	}
	switch {
	case past.ended == completed:
		r.Completed++
	case past.ended == failed:
		r.Failed++
	case past.ended == terminated:
		r.Terminated++
	case past.parked && w.flags.done(actRedrive) >= m.shape.Redrives:
		r.Parked++
	case m.unsignalled(w):
		r.Waiting++
	}
}

// wantBalance draws the balance of a saga that has ended.
func (m *model) wantBalance(w world) {
	past := &m.at(w.log).past
	if past.ended == open {
		return
	}
	if wrong := m.balance(past, m.books.all[w.books], m.flights.of(w.flights)); wrong != "" {
		m.breaks(w.log, nil, wrong)
		m.told = true
	}
}

// Add adds what another exploration has seen. Depth is that of the deeper one.
func (r *Report) Add(other Report) {
	r.States += other.States
	r.Transitions += other.Transitions
	r.Depth = max(r.Depth, other.Depth)
	r.Logs += other.Logs
	r.Appends += other.Appends
	r.Judged += other.Judged
	r.Completed += other.Completed
	r.Failed += other.Failed
	r.Parked += other.Parked
	r.Waiting += other.Waiting
	r.Terminated += other.Terminated
	r.Migrated += other.Migrated
	r.NotMigrated += other.NotMigrated
}
