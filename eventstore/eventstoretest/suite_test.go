package eventstoretest_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sound() eventstore.Store { return memory.New() }

func TestASoundStorePassesEveryCase(t *testing.T) {
	for group, names := range eventstoretest.CaseNames(sound()) {
		for _, name := range names {
			require.Empty(t, runCase(t, group, name, sound), "%s/%s", group, name)
		}
	}
}

func TestCaseNamesAreUnique(t *testing.T) {
	for group, names := range eventstoretest.CaseNames(sound()) {
		seen := make(map[string]bool)
		for _, name := range names {
			require.False(t, seen[name], "%s/%s", group, name)
			seen[name] = true
		}
	}
}

func TestAStoreWithoutAbilitiesGetsNoCasesForThem(t *testing.T) {
	plain := eventstoretest.CaseNames(struct{ eventstore.Store }{sound()})
	require.NotContains(t, plain, "identified")
	require.NotContains(t, plain, "locker")
	require.Contains(t, plain, "append")
}

// TestBrokenStoresAreReported breaks a sound store in one way at a time and requires the case for it to say so.
func TestBrokenStoresAreReported(t *testing.T) {
	for _, tt := range brokenStores() {
		t.Run(tt.fault, func(t *testing.T) {
			open := func() eventstore.Store { return tt.breaks(memory.New()) }
			for _, c := range tt.caughtBy {
				report := runCase(t, c.group, c.name, open)
				require.NotEmpty(t, report, "%s/%s passes", c.group, c.name)
				require.Contains(t, report, c.says, "%s/%s", c.group, c.name)
			}
		})
	}
}

// runCase runs a case in a bubble, where a case that hangs reaches its deadline at once, and returns what it reported.
func runCase(t *testing.T, group, name string, open func() eventstore.Store) (report string) {
	synctest.Test(t, func(t *testing.T) {
		report = record(t, func(t testing.TB) { eventstoretest.RunCase(t, group, name, open(), memory.New()) })
	})
	return report
}
