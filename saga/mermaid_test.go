package saga_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// golden compares with a file in testdata/mermaid, which can be looked at as a picture wherever Mermaid is shown.
func golden(t *testing.T, name, got string) {
	t.Helper()
	requireMermaid(t, got)
	file := filepath.Join("testdata", "mermaid", name+".mmd")
	if os.Getenv("SKALD_WRITE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestADefinitionIsDrawn(t *testing.T) {
	limits := saga.StepOptions{
		Timeout: 30 * time.Second, TotalTimeout: time.Hour, CompensateOnFailure: true,
		Retry:        saga.RetryPolicy{MaximumAttempts: 5, MaximumInterval: 4 * time.Second},
		Compensation: saga.AttemptOptions{Retry: saga.RetryPolicy{BackoffCoefficient: 1}},
	}
	for name, d := range map[string]saga.Definition[goods]{
		"order":  orderDef(),
		"trip":   tripDef(),
		"limits": define("Limits", readOnly("look", saga.StepOptions{}), compensable("reserve", limits), compensable("pay", once())),
		"onward": define("Onward", retriable("send", saga.StepOptions{}), readOnly("check", saga.StepOptions{})),
		"broken": define("Bro\"ken", compensable("a", saga.StepOptions{}), compensable("a", saga.StepOptions{})),
		"empty":  define("Empty"),
	} {
		golden(t, name, saga.Mermaid(d))
	}
}

func TestASagaIsDrawnAtEachMoment(t *testing.T) {
	drawn := func(name string, s *tale) {
		t.Helper()
		in := s.fold()
		golden(t, name, saga.MermaidInstance(in))
		require.Equal(t, s.fold(), in, "it is as it was")
	}
	golden(t, "none", saga.MermaidInstance(saga.NewInstance(saga.Ref{Name: "Order", ID: "7"})))

	s := begin(t, orderDef())
	s.ends(ok("1"), "did reserve 1", "do pay 1")
	drawn("running", s)
	s.ends(failed, "failed pay 1", "retry pay 2")
	drawn("retrying", s)
	s.retries(refused, "failed pay 2 for good", "turn at pay: pay reserve", "undo pay 1 blind")
	drawn("turned", s)
	s.ends(ok(""), "undid pay 1", "undo reserve 1")
	s.ends(refused, "undo failed reserve 1 for good", "park reserve compensation permanent_error")
	drawn("parked_back", s)
	s.redrive("redrive reserve compensation", "undo reserve 2")
	s.ends(ok(""), "undid reserve 2", "SagaFailed")
	drawn("failed", s)

	s = begin(t, orderDef())
	s.ends(ok("1"), "did reserve 1", "do pay 1")
	s.ends(timedOut, "timed out pay 1", "retry pay 2")
	s.then(saga.DeclareMissing{}, "park pay action step_missing")
	drawn("parked_forward", s)

	s = begin(t, tripDef())
	s.ends(ok("1"), "did hotel 1", "do car 1")
	s.ends(ok("1"), "did car 1", "do buy 1")
	drawn("at_pivot", s)
	s.ends(timedOut, "timed out buy 1", "retry buy 2")
	drawn("pivot_unknown", s)
	s.retries(ok("1"), "did buy 2", "do mail 1")
	s.ends(refused, "failed mail 1 for good", "park mail action permanent_error")
	drawn("parked", s)
	s.redrive("redrive mail action", "do mail 2")
	s.ends(ok("1"), "did mail 2", "SagaCompleted")
	drawn("completed", s)
}

// What a success that came late makes of the plan is drawn as it is: one compensation twice.
func TestARepeatedCompensationIsDrawnTwice(t *testing.T) {
	s := begin(t, define("Late", compensable("book", saga.StepOptions{}), compensable("pay", once())))
	s.ends(ok("1"), "did book 1", "do pay 1")
	s.ends(timedOut, "timed out pay 1", "turn at pay: pay book", "undo pay 1 blind")
	s.ends(nothing, "undid pay 1 nothing", "undo book 1")
	s.then(saga.RecordOutcome{Now: s.now, Step: "pay", Attempt: 1, Outcome: ok("1")}, "did pay 1 late", "park pay compensation late_success")
	golden(t, "late_parked", saga.MermaidInstance(s.fold()))
	s.decide(saga.Redrive{Actor: "ann", Reason: "r", SeenRevision: s.fold().Revision()})
	golden(t, "late_redriven", saga.MermaidInstance(s.fold()))
}
