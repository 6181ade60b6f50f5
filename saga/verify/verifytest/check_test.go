package verifytest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga/verify"
	"github.com/skaldgo/skald/saga/verify/verifytest"
)

// recorder takes what a check reports instead of failing.
type recorder struct {
	testing.TB
	reported []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.reported = append(r.reported, fmt.Sprintf(format, args...))
}

// dreams writes a saga's stream that holds n events of no known type.
func dreams(t *testing.T, n int) *memory.Store {
	store := memory.New()
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	for i := range n {
		id, err := eventstore.NewEventID()
		require.NoError(t, err)
		_, err = store.Append(t.Context(), "saga:Dream-1", eventstore.Exactly(int64(i-1)), eventstore.EventData{
			ID: id, Type: "Dreamt", Data: []byte("{}"),
		})
		require.NoError(t, err)
	}
	return store
}

func TestASoundLogPasses(t *testing.T) {
	require.Zero(t, verifytest.Check(t, dreams(t, 0)).Events)
}

func TestABrokenLogFailsTheTest(t *testing.T) {
	r := &recorder{TB: t}
	report := verifytest.Check(r, dreams(t, 1))
	require.Len(t, r.reported, report.Broken)
	require.Contains(t, r.reported[0], "saga:Dream-1@0 breaks S8")
}

func TestALongReportIsCut(t *testing.T) {
	r := &recorder{TB: t}
	report := verifytest.Check(r, dreams(t, 200))
	require.Len(t, r.reported, 21)
	require.Equal(t, fmt.Sprintf("the log breaks rules in %d more places", report.Broken-20), r.reported[20])
}

func TestALogThatCannotBeReadFailsTheTest(t *testing.T) {
	r, store := &recorder{TB: t}, memory.New()
	require.NoError(t, store.Close())
	verifytest.CheckWith(r, store, verify.Config{})
	require.Len(t, r.reported, 1)
	require.Contains(t, r.reported[0], "check the log: read the log")
}
