package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

func TestEveryHistoryWithBranchesAndWaitsIsTheSameUnderItsOwnDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := walktest.Definition(t, "Walk")
		w := walkOf(t, d)
		w.stays = true
		w.wander(func() {})
		for _, q := range append(w.asked[1:], question{after: len(w.events)}) {
			r, err := saga.Rehearse(w.ref, pastOf(w.tale, q.after), d)
			require.NoError(t, err)
			require.Equal(t, saga.WouldBeSame, r.Verdict, "%s of %v", r, inBrief(w.events[:q.after]))
		}
	})
}

// toured is a grand tour whose branches have run, and that waits for the approval.
func toured(t *testing.T) *tale {
	s := begin(t, grandTourDef())
	s.ends(ok("1"), "did reserve 1", "do passport 1", "do flight 1")
	s.then(saga.Proceed{Now: s.now}, "do hotel 1")
	s.then(saga.DeliverSignal{Now: s.now, ID: "2", Name: "passport", Payload: []byte("true")}, "SignalReceived", "did passport 1 by 2")
	s.then(s.endOf("flight", ok("2")), "did flight 1")
	s.then(s.endOf("hotel", ok("3")), "did hotel 1", "do approval 1")
	return s
}

func TestChangedGroupsWaitsAndDeadlinesAreTold(t *testing.T) {
	s := toured(t)
	require.Equal(t, saga.WouldBeSame, rehearsed(t, s, grandTourDef()).Verdict)

	yes := true
	changed := grandTourDef()
	changed.Version = 2
	changed.Deadline = 24 * time.Hour
	changed.Steps[1] = changed.Steps[1].Limit(3)
	changed.Steps[2] = saga.Await[goods]("approval", saga.AwaitOptions[bool]{Signal: "boss", Timeout: time.Hour, Default: &yes})
	changed.Steps = append(changed.Steps[:5], retriable("ticket", saga.StepOptions{}), retriable("invoice", saga.StepOptions{}))
	r := rehearsed(t, s, changed)
	require.Equal(t, saga.WouldBeSame, r.Verdict, "the limit was never reached, and the wait has just begun: %s", r)
	require.Equal(t, []string{
		"approval: Signal is boss, it was approval", "approval: Default is true, it was false",
		"approval: Timeout is 1h0m0s, it was 24h0m0s", "ticket: its group is none, it was after",
		"invoice: its group is none, it was after", "book: its Limit is 3, it was 2", "after is no longer a group",
		"its Deadline is 24h0m0s, it was 48h0m0s", "its version is 2, it was 1",
	}, r.Changes)
}

func TestBranchesOneAfterTheOtherDifferWhereTheSecondBegins(t *testing.T) {
	s := toured(t)
	alone := grandTourDef()
	alone.Steps[1] = alone.Steps[1].Limit(1)
	r := rehearsed(t, s, alone)
	require.Equal(t, saga.WouldDiffer, r.Verdict)
	require.Contains(t, inBrief(r.Recorded), "do hotel 1")
}
