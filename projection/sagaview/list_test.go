package sagaview_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

// newTown returns a read model of nine sagas in every situation, some of which started at the same instant.
func newTown(t testing.TB) *fixture {
	f := newFixture(t)
	f.begin(orderDef(), "1").ends(done, done)
	f.begin(onceDef(), "2").ends(done, refused, done)
	f.pass(time.Minute)
	f.begin(onceDef(), "3").ends(done, refused, refused)
	f.begin(onceDef(), "4").ends(timedOut, nothing).newsAfterTheEnd("reserve", 1)
	f.pass(time.Minute)
	f.begin(orderDef(), "5")
	f.begin(orderDef(), "6").ends(done, refused)
	f.pass(time.Hour)
	f.begin(orderDef(), "7")
	f.begin(onceDef(), "7").ends(done, done)
	f.begin(onceDef(), "8").ends(done)
	f.catchUp()
	return f
}

func TestAListHoldsWhatTheQueryChooses(t *testing.T) {
	f := newTown(t)
	for name, c := range map[string]struct {
		q    sagaview.Query
		want []string
	}{
		"all of them, the one started last first": {sagaview.Query{}, []string{
			"Order/7", "Once/8", "Once/7", "Order/6", "Order/5", "Once/4", "Once/3", "Order/1", "Once/2",
		}},
		"of a name":       {sagaview.Query{Names: []string{"Order"}}, []string{"Order/7", "Order/6", "Order/5", "Order/1"}},
		"of no such name": {sagaview.Query{Names: []string{"Orde", "%", "order"}}, []string{}},
		"of some names": {sagaview.Query{Names: []string{"Order", "Once", "None"}, States: []saga.State{saga.StateStarted}},
			[]string{"Order/7", "Order/5"}},
		"in a state": {sagaview.Query{States: []saga.State{saga.StateFailed}}, []string{"Once/4", "Once/2"}},
		"in some states, open and ended": {
			sagaview.Query{States: []saga.State{saga.StatePending, saga.StateCompleted}},
			[]string{"Once/8", "Once/7", "Order/1"},
		},
		"in open states": {
			sagaview.Query{States: []saga.State{saga.StatePending, saga.StateCompensating}},
			[]string{"Once/8", "Order/6", "Once/3"},
		},
		"open":                    {sagaview.Query{Open: true}, []string{"Order/7", "Once/8", "Order/6", "Order/5", "Once/3"}},
		"open and in ended state": {sagaview.Query{Open: true, States: []saga.State{saga.StateFailed}}, []string{}},
		"stuck":                   {sagaview.Query{Stuck: true}, []string{"Order/6", "Order/5"}},
		"stuck, in a state":       {sagaview.Query{Stuck: true, States: []saga.State{saga.StateStarted}}, []string{"Order/5"}},
		"parked":                  {sagaview.Query{Parked: true}, []string{"Once/3"}},
		"parked and stuck":        {sagaview.Query{Parked: true, Stuck: true}, []string{}},
		"of an id":                {sagaview.Query{ID: "7"}, []string{"Order/7", "Once/7"}},
		"of an id and a name":     {sagaview.Query{ID: "7", Names: []string{"Once"}}, []string{"Once/7"}},
		"of no such id":           {sagaview.Query{ID: "' OR 1 = 1 --"}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			page := f.list(c.q)
			require.NotNil(t, page.Sagas)
			require.Equal(t, c.want, refs(page.Sagas))
			require.Empty(t, page.Next)
		})
	}
}

func refs(sagas []sagaview.Saga) []string {
	all := []string{}
	for _, s := range sagas {
		all = append(all, s.Name+"/"+s.ID)
	}
	return all
}

func TestPagesTogetherHoldEachSagaOfTheQueryOnceInOrder(t *testing.T) {
	f := newTown(t)
	all := f.list(sagaview.Query{}).Sagas
	states := []saga.State{
		saga.StateStarted, saga.StatePending, saga.StateCompensating, saga.StateCompleted, saga.StateFailed,
	}
	rapid.Check(t, func(t *rapid.T) {
		q := sagaview.Query{
			Names:  rapid.SliceOf(rapid.SampledFrom([]string{"Order", "Once", "None"})).Draw(t, "names"),
			States: rapid.SliceOf(rapid.SampledFrom(states)).Draw(t, "states"),
			Open:   rapid.Bool().Draw(t, "open"), Stuck: rapid.Bool().Draw(t, "stuck"), Parked: rapid.Bool().Draw(t, "parked"),
			ID: rapid.SampledFrom([]string{"", "", "7", "3"}).Draw(t, "id"), Limit: rapid.IntRange(1, 4).Draw(t, "limit"),
		}
		want := []sagaview.Saga{}
		for _, s := range all {
			if (len(q.Names) == 0 || slices.Contains(q.Names, s.Name)) &&
				(len(q.States) == 0 || slices.Contains(q.States, s.State)) && (q.ID == "" || q.ID == s.ID) &&
				(!q.Open || s.EndedAt.IsZero()) && (!q.Stuck || s.Stuck) && (!q.Parked || s.Parked) {
				want = append(want, s)
			}
		}
		got := []sagaview.Saga{}
		for pages := 1; ; pages++ {
			page := f.list(q)
			got = append(got, page.Sagas...)
			require.LessOrEqual(t, len(got), len(want), "pages go on and on")
			if q.Cursor = page.Next; q.Cursor == "" {
				require.Equal(t, max(1, (len(want)+q.Limit-1)/q.Limit), pages, "no page is empty")
				break
			}
			require.Len(t, page.Sagas, q.Limit)
		}
		require.Equal(t, want, got)
	})
}

func TestPagesHoldEachSagaOnceWhileSagasStartAndGoOn(t *testing.T) {
	db := openDB(t)
	between := 0 // sagas that started between two pages
	rapid.Check(t, func(t *rapid.T) {
		f := &fixture{t: t, store: memory.New(), db: db, now: noon}
		defer f.store.Close()
		var tales []*tale
		begin := func(n int) {
			for range n {
				tales = append(tales, f.begin(orderDef(), fmt.Sprintf("%03d", len(tales))))
				f.pass(time.Millisecond * time.Duration(rapid.IntRange(0, 1).Draw(t, "milliseconds"))) // some at the same instant
			}
			require.NoError(t, f.projector(func(c *projection.Config) { c.AutoRebuild = true }).CatchUp(context.Background()))
		}
		begin(rapid.IntRange(0, 12).Draw(t, "sagas"))
		before := refs(f.list(sagaview.Query{}).Sagas)
		require.Len(t, before, len(tales))
		f.pass(time.Millisecond)
		got, cursor := []string{}, ""
		for {
			page := f.list(sagaview.Query{Limit: rapid.IntRange(1, 5).Draw(t, "limit"), Cursor: cursor})
			got = append(got, refs(page.Sagas)...)
			require.LessOrEqual(t, len(got), len(before), "pages go on and on")
			if cursor = page.Next; cursor == "" {
				break
			}
			some := rapid.SampledFrom(tales).Draw(t, "saga")
			if _, runs := some.open(); runs {
				some.ends(rapid.SampledFrom([]saga.Outcome{done, refused, timedOut}).Draw(t, "outcome"))
			}
			n := rapid.IntRange(0, 4).Draw(t, "more")
			begin(n)
			between += n
		}
		require.Equal(t, before, got)
		require.Len(t, f.list(sagaview.Query{}).Sagas, len(tales))
	})
	require.NotZero(t, between, "no saga started between two pages")
}

func TestAQueryForWhatCannotBeIsInvalid(t *testing.T) {
	f := newTown(t)
	for name, q := range map[string]sagaview.Query{
		"a negative limit":           {Limit: -1},
		"a limit that is too high":   {Limit: sagaview.MaxLimit + 1},
		"a state that no saga is in": {States: []saga.State{saga.StateFailed, saga.StateNone}},
		"a state that is none":       {States: []saga.State{99}},
		"a cursor that is none":      {Cursor: "behind the last"},
		"a cursor without a saga":    {Cursor: base64.RawURLEncoding.EncodeToString([]byte("1"))},
		"a cursor with another sign": {Cursor: base64.RawURLEncoding.EncodeToString([]byte("+1/Order/7"))},
		"a cursor with a line break": {Cursor: f.list(sagaview.Query{Limit: 1}).Next + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := sagaview.List(t.Context(), f.db.Read, q)
			require.ErrorIs(t, err, sagaview.ErrInvalidQuery)
			require.Zero(t, page)
		})
	}
	require.Len(t, f.list(sagaview.Query{Limit: sagaview.MaxLimit}).Sagas, 9)
}

func TestAPageHoldsAHundredSagasUnlessItIsToldOtherwise(t *testing.T) {
	f := newFixture(t)
	for i := range sagaview.DefaultLimit + 1 {
		f.begin(orderDef(), fmt.Sprint(i))
	}
	f.catchUp()
	page := f.list(sagaview.Query{})
	require.Len(t, page.Sagas, sagaview.DefaultLimit)
	require.NotEmpty(t, page.Next)
	require.Len(t, f.list(sagaview.Query{Cursor: page.Next}).Sagas, 1)
}
