package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// grandTourDef has groups on both sides of its pivot, waits, and a deadline.
func grandTourDef() saga.Definition[goods] {
	no := false
	d := define("GrandTour",
		compensable("reserve", saga.StepOptions{}),
		saga.Parallel("book", compensable("flight", once()), compensable("hotel", saga.StepOptions{}),
			saga.Await[goods]("passport", saga.AwaitOptions[bool]{Timeout: time.Hour})).Limit(2),
		saga.Await[goods]("approval", saga.AwaitOptions[bool]{Timeout: 24 * time.Hour, Default: &no}),
		saga.Await[goods]("seat", saga.AwaitOptions[string]{}),
		pivot("buy", saga.StepOptions{}),
		saga.Parallel("after", retriable("ticket", saga.StepOptions{}), retriable("invoice", saga.StepOptions{})),
	)
	d.Deadline = 48 * time.Hour
	return d
}

func TestADefinitionWithGroupsAndWaitsIsDrawn(t *testing.T) {
	golden(t, "grand_tour", saga.Mermaid(grandTourDef()))
}

func TestASagaWithGroupsAndWaitsIsDrawnAtEachMoment(t *testing.T) {
	drawn := func(name string, s *tale) {
		t.Helper()
		in := s.fold()
		golden(t, name, saga.MermaidInstance(in))
		require.Equal(t, s.fold(), in, "it is as it was")
	}
	s := begin(t, grandTourDef())
	s.ends(ok("1"), "did reserve 1", "do passport 1", "do flight 1")
	s.then(saga.Proceed{Now: s.now}, "do hotel 1")
	drawn("branches_running", s)
	s.then(saga.DeliverSignal{Now: s.now, ID: "1", Name: "seat", Payload: []byte(`"12A"`)}, "SignalReceived")
	s.then(saga.DeliverSignal{Now: s.now, ID: "2", Name: "passport", Payload: []byte("true")}, "SignalReceived", "did passport 1 by 2")
	s.then(s.endOf("flight", ok("2")), "did flight 1")
	s.then(s.endOf("hotel", ok("3")), "did hotel 1", "do approval 1")
	drawn("waiting", s)
	s.pass(48 * time.Hour)
	s.then(saga.Attend{Now: s.now}, "SagaOverdue", "turn at : hotel flight reserve")
	drawn("overdue", s)

	s = begin(t, grandTourDef())
	s.ends(ok("1"), "did reserve 1", "do passport 1", "do flight 1")
	s.then(saga.Proceed{Now: s.now}, "do hotel 1")
	s.then(s.endOf("flight", refused), "failed flight 1 for good", "give up flight")
	drawn("given_up", s)
	s.then(saga.Terminate{Actor: "ann", Reason: "hopeless", SeenRevision: saga.NotSeen}, "terminate: reserve hotel")
	drawn("terminated", s)
}
