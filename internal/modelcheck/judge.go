package modelcheck

import (
	"context"
	"time"

	"github.com/skaldgo/skald/saga"
)

// judge has package verify check logs in which every append of the graph occurs, and returns how many it took.
func (g *graph) judge(ctx context.Context) (int, error) {
	scribe, err := newScribe()
	if err != nil {
		return 0, err
	}
	inner := g.inner()
	judged := 0
	for _, e := range g.edges {
		if e.tree && inner[e.to] {
			continue // the log goes on, and is judged there
		}
		if err := ctx.Err(); err != nil {
			return judged, err
		}
		judged++
		appends := append(g.appends(e.from), dated{g.ref, g.at(e.from).now, e.events})
		if err := scribe.verified(ctx, g.withChild(appends)); err != nil {
			g.breaks(e.from, e.events, err.Error())
			return judged, g.broken
		}
	}
	return judged, nil
}

// inner marks the nodes that are the beginning of a log that goes on by an append.
func (g *graph) inner() []bool {
	inner := make([]bool, len(g.nodes))
	for _, e := range g.edges {
		for id := e.from; id != none && !inner[id]; id = g.at(id).parent {
			inner[id] = true
		}
	}
	return inner
}

// dated is one append.
type dated struct {
	ref    saga.Ref
	at     time.Time
	events []saga.Event
}

// appends returns a log, append by append.
func (g *graph) appends(log nodeID) []dated {
	n := g.at(log)
	if n.parent == none {
		return nil
	}
	before := g.appends(n.parent)
	if len(n.events) == 0 {
		return before
	}
	return append(before, dated{g.ref, n.now, n.events})
}

// withChild puts the log of a child that ended in the right way before the append that tells of its end.
func (g *graph) withChild(appends []dated) []dated {
	if g.childEnds == nil {
		return appends
	}
	var all []dated
	waits := ""
	for _, a := range appends {
		if end, step := childOutcome(a.events[0]); waits != "" && step == waits {
			all = append(all, g.childEnds[end]...)
			waits = ""
		}
		all = append(all, a)
		for _, event := range a.events {
			if e, is := event.(saga.ChildRequested); is {
				waits = e.Step
			}
		}
	}
	return all
}

// childOutcome returns which end of a child an outcome stands for.
func childOutcome(event saga.Event) (end ending, step string) {
	switch e := event.(type) {
	case saga.StepCompleted:
		return completed, e.Step
	case saga.StepFailed:
		if e.Permanent {
			return failed, e.Step
		}
		return terminated, e.Step
	}
	return open, ""
}
