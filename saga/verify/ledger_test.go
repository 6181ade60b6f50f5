package verify_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

func TestTheEffectsOfALateSuccessAreKnownAndNoSurprise(t *testing.T) {
	books := ledger{"a/action": 1, "a/compensation": 0}
	require.NoError(t, check(t, lateStory(t).done(), verify.Config{Ledger: books}).Err())

	untold := lateStory(t)
	untold.log = untold.log[:len(untold.log)-1]
	require.Equal(t, []string{"E2"}, rules(check(t, untold.done(), verify.Config{Ledger: books})))
}

func TestEffectsOfStepsThatTheLedgerDoesNotKeepAreNotMissed(t *testing.T) {
	require.NoError(t, check(t, happy(t).done(), verify.Config{Ledger: partly{ledger{"a/action": 1}}}).Err())
}

// partly keeps the effects of step a only.
type partly struct{ ledger }

func (partly) Keeps(_, step string) bool { return step == "a" }

func TestALedgerThatCannotBeReadIsAnError(t *testing.T) {
	_, err := verify.Log(t.Context(), happy(t).done(), verify.Config{Ledger: torn{}})
	require.ErrorContains(t, err, "read the ledger: page is missing")
}

type torn struct{ ledger }

func (torn) Effects(context.Context) iter.Seq2[verify.Effect, error] {
	return func(yield func(verify.Effect, error) bool) { yield(verify.Effect{}, errors.New("page is missing")) }
}

// Of a saga with an unreadable event nothing more is judged, but its end is seen.
func TestAnUnreadableEventIsReportedOnce(t *testing.T) {
	for name, data := range map[string]string{saga.TypeStepStarted: `{"step":7}`, "SagaDreamt": `{}`} {
		s := tell(t, pair())
		s.raw(s.stream, name, []byte(data))
		report := check(t, s.did("b", 1).completes().done(), verify.Config{})
		require.Equal(t, 1, report.Broken)
		require.Equal(t, []string{"G24"}, rules(report))
		require.Equal(t, 1, report.Ended)
	}
}
