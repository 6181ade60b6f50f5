package saga

import "slices"

// Counts are figures of an engine since it was made, and as of now.
type Counts struct {
	Started   int // sagas started here
	Completed int // sagas completed here
	Failed    int // sagas compensated to the end here
	Appended  int // events appended here
	Conflicts int // appends that lost against another writer
	Lost      int // sagas let go to another orchestrator: it has their shard, or runs their attempt
	Late      int // late successes of sagas that had ended

	InHand    int // open sagas that this engine drives
	Attempts  int // under way: their function has not returned
	Queued    int // sagas that wait for a worker slot
	Waiting   int // sagas that wait for a retry to become due
	Parked    int // sagas that wait for a person because automation has given up
	Paused    int // sagas that an operator has stand still, those that are parked aside
	Untouched int // open sagas of unknown name or higher version
	SetAside  int // sagas whose history cannot be used
	Elsewhere int // open sagas of shards that other orchestrators have
	Shards    int // held, when orchestrators share the store
	Returning int // of them, those that are being handed over

	busy int // sagas with an append or load under way
}

// Excluded is a saga that an engine leaves alone, and why.
type Excluded struct {
	Ref    Ref
	Reason string
}

// Counts returns the engine's figures.
func (g *Engine) Counts() Counts {
	c := g.counts
	c.Untouched, c.SetAside, c.Elsewhere = len(g.untouched), len(g.setAside), len(g.foreign)
	c.Shards, c.Returning = g.Holds()
	for _, e := range g.sagas {
		if e.aside {
			continue // it is counted already
		}
		if !e.inst.state.Ended() {
			c.InHand++
		}
		if e.inst.parked != nil {
			c.Parked++
		} else if e.inst.paused != nil {
			c.Paused++
		}
		if e.queued {
			c.Queued++
		}
		if at := e.wakeAt(false); len(e.running) == 0 && !e.busy() && !at.IsZero() {
			c.Waiting++
		}
	}
	return c
}

// Untouched returns the open sagas that the engine leaves alone because it has no definition for them.
func (g *Engine) Untouched() []Excluded { return excluded(g.untouched) }

// SetAside returns the sagas whose history cannot be used: unreadable, or refused by the store.
func (g *Engine) SetAside() []Excluded { return excluded(g.setAside) }

func excluded(reasons map[Ref]string) []Excluded {
	list := make([]Excluded, 0, len(reasons))
	for ref, reason := range reasons {
		list = append(list, Excluded{Ref: ref, Reason: reason})
	}
	slices.SortFunc(list, func(a, b Excluded) int { return compareRefs(a.Ref, b.Ref) })
	return list
}

func (g *Engine) countEnd(s State) {
	if s == StateCompleted {
		g.counts.Completed++
	} else {
		g.counts.Failed++
	}
}
