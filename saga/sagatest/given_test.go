package sagatest_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

func started(step string, attempt int) saga.StepStarted {
	return saga.StepStarted{AttemptStarted: saga.AttemptStarted{Step: step, Attempt: attempt}}
}

func undoing(step string, attempt int) saga.CompensationStarted {
	return saga.CompensationStarted{AttemptStarted: saga.AttemptStarted{Step: step, Attempt: attempt}}
}

func TestASentenceAboutEachHappening(t *testing.T) {
	booked := sagatest.Given(t, small(1), parcel{Item: "lamp"}).After(sagatest.Step("book", sagatest.Succeeds("room 12")))
	refused := booked.After(sagatest.Step("pay", sagatest.Refuses("declined")))
	t.Run("a success starts the next step", func(*testing.T) {
		sagatest.Given(t, small(1), parcel{}).When(sagatest.Step("book", sagatest.Succeeds("room 12"))).
			Then(saga.StepCompleted{Step: "book", Result: []byte(`"room 12"`)}, started("pay", 1)).
			ThenState(saga.StatePending).ThenStep("book", saga.StepStateCompleted).ThenStep("pay", saga.StepStateExecuting)
	})
	t.Run("an error schedules a retry, for which the clock moves on", func(*testing.T) {
		retried := booked.After(sagatest.Step("pay", sagatest.Fails("busy"), sagatest.Panics("boom")))
		retried.When(sagatest.Step("pay", sagatest.Succeeds(1))).
			Then(saga.StepCompleted{Step: "pay", Attempt: 3}, saga.SagaCompleted{}).ThenState(saga.StateCompleted)
		retried.When(sagatest.Step("pay", sagatest.Fails("busy"))).Then(
			saga.StepFailed{AttemptFailed: saga.AttemptFailed{Error: "busy"}},
			saga.CompensationRequested{FailedStep: "pay", Plan: []string{"pay", "book"}}, undoing("pay", 1))
	})
	t.Run("a timeout is at the deadline", func(*testing.T) {
		booked.When(sagatest.Step("pay", sagatest.TimesOut())).Then(
			saga.StepTimedOut{AttemptRef: saga.AttemptRef{Step: "pay", Attempt: 1}},
			saga.StepRetryScheduled{RetryScheduled: saga.RetryScheduled{
				Step: "pay", Attempt: 2, Due: time.Date(2030, 1, 1, 12, 5, 1, 0, time.UTC),
			}})
	})
	t.Run("a late success is taken in", func(*testing.T) {
		booked.When(sagatest.Step("pay", sagatest.SucceedsLate("receipt", time.Second))).
			Then(saga.StepCompleted{Step: "pay", Attempt: 1, Late: true}, saga.SagaCompleted{})
	})
	t.Run("compensations follow from where the saga stands", func(*testing.T) {
		refused.When(sagatest.Step("book", sagatest.FindsNothing())).
			Then(saga.CompensationCompleted{Step: "book", Nothing: true}, saga.SagaFailed{FailedStep: "pay"})
	})
	t.Run("parked, and redriven", func(*testing.T) {
		parked := refused.After(sagatest.Step("book", sagatest.Refuses("no such room")))
		refused.When(sagatest.Step("book", sagatest.Refuses("no such room"))).ThenParked(saga.ParkedPermanentError)
		parked.When(sagatest.Redriven()).Then(saga.StepRedriven{Step: "book", Direction: saga.Compensation})
		parked.After(sagatest.Redriven()).When(sagatest.Step("book", sagatest.Succeeds(nil))).ThenState(saga.StateFailed)
		refused.When(sagatest.Redriven()).ThenRefused(saga.ErrNotParked)
	})
	t.Run("resolved, and skipped", func(*testing.T) { sentencesAboutOperators(booked, refused) })
	t.Run("a restart interrupts", func(*testing.T) {
		booked.When(sagatest.Restarted()).Then(
			saga.StepInterrupted{AttemptRef: saga.AttemptRef{Step: "pay", Attempt: 1}}, started("pay", 2))
	})
	t.Run("a command, and events as they stand in the log", func(*testing.T) {
		booked.After(sagatest.Events(saga.StepTimedOut{AttemptRef: saga.AttemptRef{Step: "pay", Attempt: 1}})).
			When(sagatest.Command(saga.DeclareMissing{})).ThenParked(saga.ParkedStepMissing)
		booked.When(sagatest.Command(saga.DeclareMissing{})).ThenParked(saga.ParkedStepMissing)
		booked.When(sagatest.Command(saga.Proceed{})).Then()
	})
	t.Run("a situation is not changed by what goes on from it", func(*testing.T) {
		for range 2 {
			booked.When(sagatest.Step("pay", sagatest.Succeeds(nil))).ThenState(saga.StateCompleted)
		}
	})
}

// wrongSentence is one that does not hold of a saga whose first step has succeeded, and what is said of it.
type wrongSentence struct {
	sentence func(sagatest.Situation)
	says     []string
}

func sentencesAboutOperators(booked, refused sagatest.Situation) {
	parked := refused.After(sagatest.Step("book", sagatest.Refuses("no such room")))
	parked.When(sagatest.Resolved(nil)).Then(saga.StepResolved{Step: "book", Direction: saga.Compensation})
	stuck := booked.After(sagatest.Step("pay", sagatest.TimesOut()), sagatest.Command(saga.DeclareMissing{Step: "pay"}))
	stuck.When(sagatest.Resolved("receipt")).Then(saga.StepResolved{Step: "pay", Result: []byte(`"receipt"`)})
	refused.When(sagatest.Resolved(nil)).ThenRefused(saga.ErrNotParked)
	booked.After(sagatest.Step("pay", sagatest.TimesOut())).When(sagatest.Skipped("pay")).Then(saga.StepSkipped{Step: "pay"}).
		ThenStep("pay", saga.StepStateSkipped)
	refused.When(sagatest.Skipped("pay")).ThenRefused(saga.ErrNotSkippable)
}

func pays(a sagatest.Answer) sagatest.Happening { return sagatest.Step("pay", a) }

func otherEvents() map[string]wrongSentence {
	return map[string]wrongSentence{
		"another event": {
			func(s sagatest.Situation) {
				s.When(pays(sagatest.Refuses("declined"))).
					Then(saga.StepFailed{}, saga.CompensationRequested{Plan: []string{"pay", "book"}}, undoing("book", 1)).
					ThenState(saga.StateCompleted)
			},
			[]string{
				"when pay refuses for good (declined): what was to follow (-), and what did (+):",
				"    StepFailed pay 1 for good (declined)\n  - CompensationRequested to undo pay, book\n" +
					"  + CompensationRequested because of pay to undo book\n" +
					"    CompensationStarted book 1 with its result",
			},
		},
		"another instant": {
			func(s sagatest.Situation) {
				s.When(pays(sagatest.Fails("busy"))).Then(saga.StepFailed{}, saga.StepRetryScheduled{
					RetryScheduled: saga.RetryScheduled{Step: "pay", Attempt: 2, Due: time.Unix(0, 0).UTC()},
				})
			},
			[]string{`- StepRetryScheduled pay 2 {"step":"pay","attempt":2,"due":"1970-01-01T00:00:00Z"}`, `+ StepRetryScheduled pay 2 {`},
		},
		"nothing": {
			func(s sagatest.Situation) { s.When(sagatest.Command(saga.Proceed{})).Then(started("pay", 2)) },
			[]string{"  - StepStarted pay 2"},
		},
	}
}

func otherEnds() map[string]wrongSentence {
	return map[string]wrongSentence{
		"a refusal": {
			func(s sagatest.Situation) { s.When(sagatest.Redriven()).Then(saga.StepRedriven{}) },
			[]string{"when an operator redrives it: it was refused, and events were to follow", "not parked"},
		},
		"no refusal": {
			func(s sagatest.Situation) { s.When(pays(sagatest.Succeeds(1))).ThenRefused(saga.ErrEnded) },
			[]string{"it was to be refused (saga has ended), and this followed:\n\n  + StepCompleted pay 1 = 1\n  + SagaCompleted"},
		},
		"another refusal": {
			func(s sagatest.Situation) { s.When(sagatest.Redriven()).ThenRefused(saga.ErrEnded) },
			[]string{"it was to be refused because of: saga has ended", "and was because of: redrive Small/1"},
		},
		"another state": {
			func(s sagatest.Situation) { s.When(pays(sagatest.Succeeds(1))).ThenState(saga.StateFailed) },
			[]string{"the saga was to be failed, and is completed after:"},
		},
		"another state of a step": {
			func(s sagatest.Situation) { s.When(pays(sagatest.TimesOut())).ThenStep("pay", saga.StepStateCompleted) },
			[]string{"pay was to be completed, and is executing after:"},
		},
		"a step that is not there": {
			func(s sagatest.Situation) { s.When(pays(sagatest.TimesOut())).ThenStep("fly", saga.StepStateCompleted) },
			[]string{`the plan has no step "fly"`},
		},
		"not parked": {
			func(s sagatest.Situation) { s.When(pays(sagatest.TimesOut())).ThenParked(saga.ParkedInterrupted) },
			[]string{"it was to be parked (interrupted_too_often), and the saga is pending"},
		},
	}
}

func impossibleHappenings() map[string]wrongSentence {
	return map[string]wrongSentence{
		"a step that is not open": {
			func(s sagatest.Situation) {
				s.After(sagatest.Step("book", sagatest.TimesOut())).When(sagatest.Redriven()).Then()
			},
			[]string{"after book times out: no attempt of book is open, and none is due: attempt 1 of the action of pay is"},
		},
		"a late success of no step": {
			func(s sagatest.Situation) { s.When(sagatest.Step("fly", sagatest.SucceedsLate(1, time.Second))).Then() },
			[]string{"no attempt of fly is open"},
		},
		"an answer of the other direction": {
			func(s sagatest.Situation) { s.When(pays(sagatest.FindsNothing())).Then() },
			[]string{"FindsNothing is the answer of a compensation"},
		},
		"a result that is no JSON": {
			func(s sagatest.Situation) { s.When(pays(sagatest.Succeeds(func() {}))).Then() },
			[]string{"the result of Succeeds or SucceedsLate: json: unsupported type"},
		},
		"late, and yet not": {
			func(s sagatest.Situation) { s.When(pays(sagatest.SucceedsLate(1, 0))).Then() },
			[]string{"SucceedsLate comes 0s after the deadline"},
		},
		"events that cannot be": {
			func(s sagatest.Situation) {
				s.After(sagatest.Events(saga.SagaCompleted{})).When(sagatest.Redriven()).Then()
			},
			[]string{"these events cannot be those of a saga"},
		},
		"events that are to be decided": {
			func(s sagatest.Situation) { s.When(sagatest.Events(saga.SagaCompleted{})).Then(saga.SagaCompleted{}) },
			[]string{"put them into After"},
		},
		"nothing that happens": {
			func(s sagatest.Situation) { s.When(nil).Then() }, []string{"name one thing"},
		},
	}
}

func TestASentenceThatGoesWrongIsReportedOnceAndInWords(t *testing.T) {
	all := otherEvents()
	maps.Copy(all, otherEnds())
	maps.Copy(all, impossibleHappenings())
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			j := &judge{}
			c.sentence(sagatest.Given(j, small(1), parcel{}).After(sagatest.Step("book", sagatest.Succeeds(nil))))
			require.Len(t, j.errors, 1)
			for _, words := range c.says {
				require.Contains(t, j.errors[0], words)
			}
		})
	}
	t.Run("a definition with faults", func(t *testing.T) {
		j := &judge{}
		sagatest.Given(j, saga.Definition[parcel]{}, parcel{}).After(sagatest.Redriven()).When(sagatest.Redriven()).
			Then().ThenRefused(nil).ThenState(saga.StateNone).ThenStep("x", 0).ThenParked("")
		require.Len(t, j.errors, 1)
		require.Contains(t, j.errors[0], "it has no steps")
	})
}

func TestASentenceGoesOnFromAHistory(t *testing.T) {
	h := history(t, "compensated")
	h.Given(t, 17).When(sagatest.Step("create_shipment", sagatest.Succeeds("parcel"))).
		Then(saga.StepCompleted{Step: "create_shipment", Attempt: 3}, started("send_confirmation", 1))
	j := &judge{}
	h.Given(j, 99).When(sagatest.Redriven()).Then()
	require.Len(t, j.errors, 1)
	require.Contains(t, j.errors[0], "has no revision 99")
}
