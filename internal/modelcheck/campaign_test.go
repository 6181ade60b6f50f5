package modelcheck_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	shapes := slices.Concat(modelcheck.Shapes(steps), modelcheck.Language(steps))
	c := campaign{T: t, byKind: map[string]int64{}, byUse: map[string]int64{}}
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
		"sagas that wait for a signal": sum.Waiting, "migrated sagas": sum.Migrated, "sagas that cannot be migrated": sum.NotMigrated,
	} {
		require.Positive(t, count, "the campaign is void: no %s", what)
	}
	if steps >= modelcheck.MaxSteps {
		require.GreaterOrEqual(t, sum.States, int64(1_000_000))
	}
	figures := map[string]int64{
		"states": sum.States, "transitions": sum.Transitions, "shapes": int64(len(shapes)),
		"terminal states completed": sum.Completed, "terminal states failed": sum.Failed,
		"terminal states parked": sum.Parked, "terminal states that wait for a signal": sum.Waiting, "largest depth": sum.Depth,
		"distinct logs": sum.Logs, "distinct appends": sum.Appends, "logs judged by verify": sum.Judged,
		"states of migrated sagas": sum.Migrated, "logs that cannot be migrated": sum.NotMigrated,
	}
	maps.Copy(figures, c.byUse)
	proof.Record(t, proof.Result{Part: "model-check", Figures: figures, Kinds: c.byKind})
}

// Every shape has a name of its own, so that none is counted under that of another.
func TestShapesOfTheLanguageHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{"": true}
	for _, shape := range modelcheck.Language(modelcheck.MaxSteps) {
		require.False(t, seen[shape.Name], "%q", shape.Name)
		seen[shape.Name] = true
	}
}

// campaign adds up what its explorers have seen.
type campaign struct {
	*testing.T
	mu     sync.Mutex
	sum    modelcheck.Report
	byKind map[string]int64
	byUse  map[string]int64
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
	if shape.Name == "" {
		c.byKind[fmt.Sprintf("states of sagas of %d steps", len(shape.Steps))] += report.States
	} else {
		c.byKind["states of "+shape.Name] = report.States
	}
	for _, use := range shape.Uses() {
		c.byUse["states with "+use] += report.States
	}
	return err == nil
}
