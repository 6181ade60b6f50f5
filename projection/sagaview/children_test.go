package sagaview_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

// family is a contract that has started two sagas, one of which has started a third, and a saga that nobody has started.
func family(t *testing.T) *fixture {
	f := newFixture(t)
	child := func(def saga.Definition[goods], id string, parent saga.Parent) {
		s := f.tale(def, id)
		s.parent = &parent
		s.start(def, true)
		s.ends(done)
	}
	f.begin(define("Contract", compensable("works", once())), "7")
	child(orderDef(), "Contract/7/works", saga.Parent{Name: "Contract", ID: "7", Step: "works"})
	child(onceDef(), "Contract/7/paint", saga.Parent{Name: "Contract", ID: "7", Step: "paint"})
	child(orderDef(), "Once/Contract/7/paint/brush", saga.Parent{Name: "Once", ID: "Contract/7/paint", Step: "brush"})
	f.begin(orderDef(), "7")
	f.catchUp()
	return f
}

func TestASagaIsListedAmongTheChildrenOfTheOneThatHasStartedIt(t *testing.T) {
	f := family(t)
	contract := saga.Ref{Name: "Contract", ID: "7"}
	require.ElementsMatch(t, []string{"Contract/7/works", "Contract/7/paint"}, f.ids(sagaview.Query{Parent: contract}))
	require.Equal(t, []string{"Contract/7/paint"}, f.ids(sagaview.Query{Parent: contract, Names: []string{"Once"}}))
	require.Empty(t, f.ids(sagaview.Query{Parent: saga.Ref{Name: "Order", ID: "7"}}), "of another definition")
	require.Len(t, f.ids(sagaview.Query{}), 5)
}

func TestTheRowOfASagaTellsWhoHasStartedIt(t *testing.T) {
	f := family(t)
	for id, want := range map[string]*saga.Parent{
		"7":                           nil,
		"Contract/7/works":            {Name: "Contract", ID: "7", Step: "works"},
		"Once/Contract/7/paint/brush": {Name: "Once", ID: "Contract/7/paint", Step: "brush"},
	} {
		for _, s := range f.list(sagaview.Query{ID: id}).Sagas {
			require.Equal(t, want, s.Parent, id)
		}
	}
}

func TestTheChildrenOfASagaAreFoundByAnIndex(t *testing.T) {
	f := family(t)
	plan := query(t, f.db.Read, "EXPLAIN QUERY PLAN SELECT * FROM sagas WHERE parent_name = 'Contract' AND parent_id = '7'")
	require.Contains(t, plan[0]["detail"], "sagas_by_parent")
}
