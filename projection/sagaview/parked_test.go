package sagaview_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

func (f *fixture) listParked(limit int) sagaview.ParkedPage {
	page, err := sagaview.ListParked(context.Background(), f.db.Read, limit)
	require.NoError(f.t, err)
	return page
}

func TestWhatWaitsForAPersonIsListedTheLongestFirst(t *testing.T) {
	f := newFixture(t)
	second := f.begin(onceDef(), "first").ends(done, refused) // its compensation is refused later
	f.pass(time.Second)
	first := f.begin(onceDef(), "second").ends(done, refused, refused)
	f.pass(time.Second)
	second.ends(failed)
	f.begin(orderDef(), "well").ends(done, done)
	f.catchUp()
	page := f.listParked(0)
	require.Equal(t, []sagaview.Parked{
		{
			Name: "Once", ID: "second", Revision: first.inst.Revision(), Step: "reserve", Direction: "compensation",
			Reason: saga.ParkedPermanentError, Attempts: 1, ParkedAt: noon.Add(time.Second), Error: "refused",
			Remedy: "remove the cause of the error; then redrive",
		}, {
			Name: "Once", ID: "first", Revision: second.inst.Revision(), Step: "reserve", Direction: "compensation",
			Reason: saga.ParkedRetriesUsedUp, Attempts: 1, ParkedAt: noon.Add(2 * time.Second), Error: "broken pipe",
			Remedy: page.Parked[1].Remedy,
		},
	}, page.Parked)
	require.NotEmpty(t, page.Parked[1].Remedy)
	require.False(t, page.More)
	require.NotZero(t, page.AsOf.Position)
	require.Equal(t, []string{"second", "first"}, f.ids(sagaview.Query{Parked: true}))
	require.Equal(t, 2, f.count().Parked)

	cut := f.listParked(1)
	require.Equal(t, page.Parked[:1], cut.Parked)
	require.True(t, cut.More)
	require.False(t, f.listParked(2).More)

	first.redrive()
	f.catchUp()
	require.Equal(t, page.Parked[1:], f.listParked(0).Parked, "a redriven saga waits for nobody")
	require.Equal(t, []string{"first"}, f.ids(sagaview.Query{Parked: true}))
	require.Equal(t, 1, f.count().Parked)
}

func TestASagaThatIsResolvedWaitsForNobody(t *testing.T) {
	f := newFixture(t)
	s := f.begin(onceDef(), "1").ends(done, refused, refused)
	f.catchUp()
	require.Len(t, f.listParked(0).Parked, 1)
	s.decide(s.resolution())
	f.catchUp()
	require.Empty(t, f.listParked(0).Parked)
	row := f.list(sagaview.Query{}).Sagas[0]
	require.False(t, row.Parked)
	require.Equal(t, 1, row.StepsCompensated)
	require.Equal(t, "the next compensation to start", row.WaitsFor)
	require.False(t, row.NextDue.IsZero())
}

func TestASagaWhoseStepIsSkippedGoesOnWithoutIt(t *testing.T) {
	f := newFixture(t)
	s := f.begin(orderDef(), "1").ends(failed)
	require.True(t, s.skips(0))
	f.catchUp()
	row := f.list(sagaview.Query{}).Sagas[0]
	require.Equal(t, saga.StatePending, row.State)
	require.Zero(t, row.StepsDone)
	require.Equal(t, "the next step to start", row.WaitsFor)
	step := query(t, f.db.Read, "SELECT state, next_due FROM saga_steps WHERE step_number = 1")[0]
	require.Equal(t, map[string]any{"state": "skipped", "next_due": nil}, step)
}

func TestASuccessThatBecameKnownAfterTheEndIsListedWithTheParked(t *testing.T) {
	f := newFixture(t)
	s := f.begin(onceDef(), "1").ends(timedOut, nothing)
	require.Equal(t, saga.StateFailed, s.inst.State())
	f.catchUp()
	require.Equal(t, []sagaview.Parked{}, f.listParked(0).Parked)
	before := f.list(sagaview.Query{})

	f.pass(time.Minute)
	s.newsAfterTheEnd("reserve", 1)
	f.append(s.ref.LateStream(), saga.TypeStepFailed, `{"step":"pay","attempt":1,"error":"no"}`)
	f.catchUp()
	require.Equal(t, []sagaview.Parked{{
		Name: "Once", ID: "1", Revision: 0, Step: "reserve", Direction: "action", Reason: saga.ParkedLateSuccess, Attempts: 1,
		ParkedAt: noon.Add(time.Minute), Remedy: "the step succeeded after its saga had ended: undo it at the participant",
	}}, f.listParked(0).Parked, "a failure that became known late leaves nothing to do")
	require.Equal(t, 1, f.count().Parked)
	require.Equal(t, before.Sagas, f.list(sagaview.Query{}).Sagas, "the saga itself has ended and stays as it was")
	require.Empty(t, f.ids(sagaview.Query{Parked: true}), "it is not parked")
}

func TestALimitOfWhatIsParkedOutOfBoundsIsInvalid(t *testing.T) {
	f := newFixture(t)
	f.catchUp()
	for _, limit := range []int{-1, sagaview.MaxLimit + 1} {
		_, err := sagaview.ListParked(t.Context(), f.db.Read, limit)
		require.ErrorIs(t, err, sagaview.ErrInvalidQuery)
	}
	f.listParked(sagaview.MaxLimit)
}
