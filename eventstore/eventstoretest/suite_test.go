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

func TestASoundStorePassesEveryCase(t *testing.T) {
	cases := 0
	for group, names := range eventstoretest.CaseNames(memory.New()) {
		for _, name := range names {
			cases++
			require.Empty(t, runCase(t, group, name, memory.New()), "%s/%s", group, name)
		}
	}
	require.GreaterOrEqual(t, cases, 60)
}

// runCase runs a case in a bubble, where a case that hangs reaches its deadline at once, and returns what it reported.
func runCase(t *testing.T, group, name string, store eventstore.Store) (report string) {
	synctest.Test(t, func(t *testing.T) {
		report = record(t, func(t testing.TB) { eventstoretest.RunCase(t, group, name, store, memory.New()) })
	})
	return report
}
