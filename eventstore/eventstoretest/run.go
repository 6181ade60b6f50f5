package eventstoretest

import (
	"context"
	"testing"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// hangGuard ends a case whose store hangs. No case comes near it.
const hangGuard = 2 * time.Minute

// Run tests a store against the contract, one subtest per promise. Each case opens a fresh, empty store, which Run
// closes, and ends with Check. open is called from parallel subtests, with the subtest's own T. Cases for an optional
// ability are registered when the store has it.
//
// The cases come in an order that is drawn anew each time, since none may depend on one before it. A run that fails names
// its seed; the variable SKALD_SEED gives the same order again.
func Run(t *testing.T, open func(t *testing.T) eventstore.Store) {
	t.Helper()
	probe := open(t)
	t.Cleanup(func() { closeStore(t, probe) })
	seed := seedOfOrder(t)
	t.Logf("the order of the cases: %s=%d", seedVariable, seed)
	for _, g := range shuffled(groups(probe), seed) {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					store := open(t)
					t.Cleanup(func() { closeStore(t, store) })
					c.exec(t, store)
				})
			}
		})
	}
}

func closeStore(t testing.TB, store eventstore.Store) {
	if err := store.Close(); err != nil {
		t.Errorf("close the store: %v", err)
	}
}

// group is the cases of one area.
type group struct {
	name  string
	cases []testCase
}

// testCase is one promise, named by a sentence.
type testCase struct {
	name string
	run  func(ctx context.Context, f fixture)
	// closes says that the case closes its store, having checked the log before.
	closes bool
	// shortens says that the case hides events of streams that the log may still hold.
	shortens bool
}

func (c testCase) exec(t testing.TB, store eventstore.Store) {
	ctx, cancel := context.WithTimeout(t.Context(), hangGuard)
	defer cancel()
	c.run(ctx, fixture{TB: t, store: store})
	if !c.closes && !c.shortens {
		Check(t, store)
	}
}

// groups returns every case that applies to a store with the abilities of probe.
func groups(probe eventstore.Store) []group {
	all := []group{
		{"expected revision", expectedCases()},
		{"append", appendCases()},
		{"stored events", storedCases()},
		{"repeat", repeatCases()},
		{"no repeat", noRepeatCases()},
		{"concurrent writers", writerCases()},
		{"order", orderCases()},
		{"limits", limitCases()},
		{"invalid", invalidCases()},
		{"names", nameCases()},
		{"read stream", readStreamCases()},
		{"read all", readAllCases()},
		{"positions", positionCases()},
		{"filter", filterCases()},
		{"subscribe", subscribeCases()},
		{"subscribers", subscriberCases()},
		{"filtered subscription", filteredSubscriptionCases()},
		{"loop body", bodyCases()},
		{"iterator", iteratorCases()},
		{"cancelled before", cancelCases()},
		{"cancelled meanwhile", cancelMeanwhileCases()},
		{"closed store", closedCases()},
	}
	if identified, ok := probe.(eventstore.Identified); ok {
		all = append(all, group{"identified", identifiedCases(identified)})
	}
	if _, ok := probe.(eventstore.Counted); ok {
		all = append(all, group{"counted", countedCases()})
	}
	if _, ok := probe.(eventstore.Retention); ok {
		all = append(all, group{"retention", retentionCases()})
	}
	if _, ok := probe.(eventstore.Locker); ok {
		all = append(all, group{"locker", lockerCases()})
	}
	if _, ok := probe.(eventstore.Leaser); ok {
		all = append(all, group{"leaser", leaserCases()})
	}
	return all
}
