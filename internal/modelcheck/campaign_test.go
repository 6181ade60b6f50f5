package modelcheck_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/modelcheck"
	"github.com/skaldgo/skald/internal/proof"
)

// explorers is how many shapes are explored at once: each may take up to 2 GiB.
const explorers = 2

// Every state that sagas of up to three steps can come to keeps the rules, and has a way out.
func TestEveryReachableStateKeepsTheRules(t *testing.T) {
	steps := proof.Count("MODEL_STEPS", 2)
	shapes := modelcheck.Shapes(steps)
	c := campaign{T: t, byKind: map[string]int64{}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	queue := make(chan modelcheck.Shape)
	var workers sync.WaitGroup
	for range explorers {
		workers.Go(func() {
			for shape := range queue {
				if !c.explore(ctx, shape) {
					cancel()
				}
			}
		})
	}
	for _, shape := range shapes {
		queue <- shape
	}
	close(queue)
	workers.Wait()
	require.False(t, t.Failed())

	sum := c.sum
	for what, count := range map[string]int64{
		"completed sagas": sum.Completed, "failed sagas": sum.Failed, "parked sagas": sum.Parked, "logs judged": sum.Judged,
	} {
		require.Positive(t, count, "the campaign is void: no %s", what)
	}
	if steps >= modelcheck.MaxSteps {
		require.GreaterOrEqual(t, sum.States, int64(1_000_000))
	}
	proof.Record(t, proof.Result{
		Part: "model-check",
		Figures: map[string]int64{
			"states": sum.States, "transitions": sum.Transitions, "shapes": int64(len(shapes)),
			"terminal states completed": sum.Completed, "terminal states failed": sum.Failed,
			"terminal states parked": sum.Parked, "largest depth": sum.Depth,
			"distinct logs": sum.Logs, "distinct appends": sum.Appends, "logs judged by verify": sum.Judged,
		},
		Kinds: c.byKind,
	})
}

// campaign adds up what its explorers have seen.
type campaign struct {
	*testing.T
	mu     sync.Mutex
	sum    modelcheck.Report
	byKind map[string]int64
}

// explore reports whether the shape keeps the rules.
func (c *campaign) explore(ctx context.Context, shape modelcheck.Shape) bool {
	begun := time.Now()
	report, err := modelcheck.Explore(ctx, shape, modelcheck.Under{})
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil:
		c.Errorf("%s: %v", shape, err)
	default:
		c.Logf("%s: %d states, %d transitions, %s", shape, report.States, report.Transitions, time.Since(begun))
	}
	c.sum.Add(report)
	c.byKind[fmt.Sprintf("states of sagas of %d steps", len(shape.Steps))] += report.States
	return err == nil
}
