package modelcheck

import (
	"context"
	"fmt"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// judge has package verify check logs in which every append of the graph occurs, and returns how many it took.
func (g *graph) judge(ctx context.Context) (int, error) {
	registry, err := saga.NewRegistry()
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
		appends := append(g.appends(e.from), dated{g.at(e.from).now, e.events})
		if err := verified(ctx, registry, g.ref, appends); err != nil {
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
	return append(before, dated{n.now, n.events})
}

// verified stores a log as an orchestrator would, and checks every rule of package verify on it.
func verified(ctx context.Context, registry *eventstore.Registry, ref saga.Ref, appends []dated) error {
	store := memory.New()
	repo, err := aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](aggregate.Config[*saga.Instance]{
		Store: store, Registry: registry, Category: saga.Category(ref.Name),
		New: func(id string) *saga.Instance { return saga.NewInstance(saga.Ref{Name: ref.Name, ID: id}) },
	})
	if err != nil {
		return err
	}
	head := aggregate.NewHead(ref.Stream())
	for _, a := range appends {
		head, err = repo.Append(ctx, head, a.events, aggregate.Envelope{At: a.at, CorrelationID: "c", Actor: "model"})
		if err != nil {
			return fmt.Errorf("store the log: %w", err)
		}
	}
	report, err := verify.Log(ctx, store, verify.Config{})
	if err != nil {
		return err
	}
	return report.Err()
}
