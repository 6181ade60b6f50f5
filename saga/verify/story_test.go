package verify_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// story is a pen that writes the stream of one saga, as it should be unless the test says otherwise.
type story struct {
	*pen
	def    saga.Definition[goods]
	ref    saga.Ref
	stream string
	reason string // why the saga turned round
	length int64
}

// twice allows two attempts of everything, ten seconds apart.
func twice() saga.StepOptions {
	retry := saga.RetryPolicy{MaximumAttempts: 2, InitialInterval: 10 * time.Second}
	return saga.StepOptions{
		Timeout: time.Minute, Retry: retry, Compensation: saga.AttemptOptions{Timeout: time.Minute, Retry: retry},
	}
}

// pair has two compensable steps, a and b.
func pair() saga.Definition[goods] {
	return saga.Definition[goods]{Name: "Pair", Version: 1, Steps: []saga.Step[goods]{
		walktest.Step("a", saga.KindCompensable, twice()), walktest.Step("b", saga.KindCompensable, twice()),
	}}
}

// hurried is a pair whose steps have 65 seconds for all attempts.
func hurried() saga.Definition[goods] {
	o := twice()
	o.TotalTimeout = 65 * time.Second
	return saga.Definition[goods]{Name: "Pair", Version: 1, Steps: []saga.Step[goods]{
		walktest.Step("a", saga.KindCompensable, o), walktest.Step("b", saga.KindCompensable, o),
	}}
}

// gate has the compensable step a, the pivot p and the retriable step r.
func gate() saga.Definition[goods] {
	return saga.Definition[goods]{Name: "Gate", Version: 1, Steps: []saga.Step[goods]{
		walktest.Step("a", saga.KindCompensable, twice()), walktest.Step("p", saga.KindPivot, twice()), walktest.Step("r", saga.KindRetriable, twice()),
	}}
}

// tell begins the story of a saga of a definition.
func tell(t rapid.TB, def saga.Definition[goods]) *story {
	return newPen(t).story(def, "1").started()
}

func (p *pen) story(def saga.Definition[goods], id string) *story {
	ref := saga.Ref{Name: def.Name, ID: id}
	return &story{pen: p, def: def, ref: ref, stream: ref.Stream()}
}

func (s *story) add(list ...saga.Event) *story {
	s.write(s.stream, list...)
	s.length += int64(len(list))
	return s
}

func (s *story) beginning() saga.SagaStarted {
	plan := s.def.Plan()
	return saga.SagaStarted{
		Name: s.ref.Name, ID: s.ref.ID, Version: s.def.Version, CorrelationID: s.ref.String(), Data: []byte(`{}`),
		DefinitionHash: saga.DefinitionHash(s.def.Name, s.def.Version, plan), Plan: plan, Deadline: s.limit(),
	}
}

// limit is when the saga is to have ended.
func (s *story) limit() (at time.Time) {
	if s.def.Deadline > 0 {
		at = s.now.Add(s.def.Deadline)
	}
	return at
}

func (s *story) started() *story { return s.add(s.beginning()) }

func (s *story) attempt(step string, n int, d saga.Direction) saga.AttemptStarted {
	return saga.AttemptStarted{
		Step: step, Attempt: n, Key: saga.IdempotencyKey(s.ref, step, d, 0), Deadline: s.now.Add(time.Minute),
	}
}

func (s *story) does(step string, n int) *story {
	return s.add(saga.StepStarted{AttemptStarted: s.attempt(step, n, saga.Action)})
}

func (s *story) did(step string, n int) *story {
	return s.add(saga.StepCompleted{Step: step, Attempt: n, Result: []byte(`"x"`)})
}

// resolves lets an operator say what came of what the saga is parked at.
func (s *story) resolves(step string, d saga.Direction) *story {
	e := saga.StepResolved{Step: step, Direction: d, Actor: "ann", Reason: "they said so", SeenRevision: s.length - 1}
	if d == saga.Compensation {
		e.Evidence = "a receipt"
	}
	return s.add(e)
}

func (s *story) skips(step string) *story {
	return s.add(saga.StepSkipped{Step: step, Actor: "ann", Reason: "not needed", SeenRevision: s.length - 1})
}

func (s *story) late(step string, n int) *story {
	return s.add(saga.StepCompleted{Step: step, Attempt: n, Late: true})
}

func (s *story) refused(step string, n int) *story {
	return s.add(saga.StepFailed{AttemptFailed: saga.AttemptFailed{Step: step, Attempt: n, Error: "no", Permanent: true}})
}

func (s *story) failed(step string, n int) *story {
	return s.add(saga.StepFailed{AttemptFailed: saga.AttemptFailed{Step: step, Attempt: n, Error: "no"}})
}

func (s *story) lost(step string, n int) *story {
	return s.add(saga.StepInterrupted{AttemptRef: saga.AttemptRef{Step: step, Attempt: n}})
}

func (s *story) retry(step string, n int, in time.Duration) *story {
	return s.add(saga.StepRetryScheduled{RetryScheduled: saga.RetryScheduled{Step: step, Attempt: n, Due: s.now.Add(in)}})
}

func (s *story) turns(step string, plan ...string) *story {
	s.reason = fmt.Sprintf("step %s: no", step)
	return s.add(saga.CompensationRequested{FailedStep: step, Reason: s.reason, Plan: append([]string{}, plan...)})
}

func (s *story) undoes(step string, n int, known bool) *story {
	return s.add(saga.CompensationStarted{AttemptStarted: s.attempt(step, n, saga.Compensation), ResultKnown: known})
}

func (s *story) undid(step string, n int) *story {
	return s.add(saga.CompensationCompleted{Step: step, Attempt: n})
}

func (s *story) undoLost(step string, n int) *story {
	return s.add(saga.CompensationInterrupted{AttemptRef: saga.AttemptRef{Step: step, Attempt: n}})
}

func (s *story) undoRefused(step string, n int) *story {
	return s.add(saga.CompensationFailed{AttemptFailed: saga.AttemptFailed{
		Step: step, Attempt: n, Error: "no", Permanent: true,
	}})
}

func (s *story) undoFailed(step string, n int) *story {
	return s.add(saga.CompensationFailed{AttemptFailed: saga.AttemptFailed{Step: step, Attempt: n, Error: "no"}})
}

func (s *story) parks(step string, d saga.Direction, reason saga.ParkReason, attempts int, failure string) *story {
	return s.add(saga.SagaParked{Parked: saga.Parked{
		Step: step, Direction: d, Reason: reason, Attempts: attempts, Error: failure,
	}})
}

func (s *story) redriven(step string, d saga.Direction) *story {
	return s.add(saga.StepRedriven{Step: step, Direction: d, Actor: "ann", Reason: "fixed", SeenRevision: s.length - 1})
}

func (s *story) completes() *story { return s.add(saga.SagaCompleted{}) }

func (s *story) fails(step string) *story {
	return s.add(saga.SagaFailed{FailedStep: step, Reason: s.reason})
}

// happy is a pair that completes.
func happy(t rapid.TB) *story {
	return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).did("b", 1).completes()
}

// bothDone is a pair whose step b timed out for good after a had succeeded, so that both are to be compensated.
func bothDone(t rapid.TB) *story {
	return tell(t, pair()).does("a", 1).did("a", 1).
		does("b", 1).lost("b", 1).does("b", 2).refused("b", 2).turns("b", "b", "a")
}

// exhausts lets a step fail as often as its policy allows.
func (s *story) exhausts(step string) *story {
	s.does(step, 1).failed(step, 1).retry(step, 2, 10*time.Second)
	s.pass(10 * time.Second)
	return s.does(step, 2).failed(step, 2)
}

// lateStory is a pair whose first step was found to have happened after the saga had failed.
func lateStory(t rapid.TB) *story {
	s := tell(t, pair()).does("a", 1).lost("a", 1).does("a", 2).refused("a", 2).turns("a", "a").
		undoes("a", 1, false).undid("a", 1).fails("a")
	s.write("late:Pair-1", saga.StepCompleted{Step: "a", Attempt: 1, Late: true})
	return s
}

// overlooked is a pair whose first step was found to have happened after its compensation had ended without its result.
func overlooked(t rapid.TB) *story {
	return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).lost("b", 1).does("b", 2).refused("b", 2).
		turns("b", "b", "a").undoes("b", 1, false).undid("b", 1).undoes("a", 1, true).late("b", 1)
}

// chunk writes a part of a record of a restart index.
func (p *pen) chunk(position eventstore.Position, n int, last bool, ids ...string) {
	data, err := json.Marshal(saga.OpenSagasRecorded{
		Position: position, Chunk: n, Last: last, Sagas: map[string][]string{"Pair": ids},
	})
	require.NoError(p.t, err)
	p.raw("orchestrator-main", saga.TypeOpenSagasRecorded, data)
}

// hurry starts an attempt that has 65 seconds for all attempts, reckoned from an instant.
func (s *story) hurry(step string, n int, from time.Time) *story {
	a := s.attempt(step, n, saga.Action)
	a.TotalDeadline = from.Add(65 * time.Second)
	if a.TotalDeadline.Before(a.Deadline) {
		a.Deadline = a.TotalDeadline
	}
	return s.add(saga.StepStarted{AttemptStarted: a})
}
