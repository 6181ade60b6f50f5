package saga_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestG24AnImpossibleEventLeavesAFaultAndChangesNothingElse(t *testing.T) {
	attempt := func(step string, number int) saga.AttemptStarted {
		return saga.AttemptStarted{Step: step, Attempt: number}
	}
	running := begin(t, orderDef())
	waiting := begin(t, orderDef())
	waiting.ends(failed, "failed reserve 1", "retry reserve 2")
	turned := begin(t, define("T", compensable("a", once())))
	turned.ends(failed, "failed a 1", "turn at a: a", "undo a 1 blind")
	ended := begin(t, define("E", compensable("a", once())))
	ended.ends(ok("x"), "did a 1", "SagaCompleted")

	for name, c := range map[string]struct {
		story *tale
		event saga.Event
	}{
		"a second start":                         {running, running.events[0]},
		"an event of a step that is not planned": {waiting, saga.StepStarted{AttemptStarted: attempt("nowhere", 1)}},
		"an ending of such a step":               {running, saga.StepTimedOut{AttemptRef: saga.AttemptRef{Step: "nowhere", Attempt: 1}}},
		"a retry of such a step":                 {running, saga.StepRetryScheduled{RetryScheduled: saga.RetryScheduled{Step: "nowhere"}}},
		"a second open attempt":                  {running, saga.StepStarted{AttemptStarted: attempt("reserve", 2)}},
		"an attempt that skips a number":         {waiting, saga.StepStarted{AttemptStarted: attempt("reserve", 3)}},
		"an attempt out of turn":                 {waiting, saga.StepStarted{AttemptStarted: attempt("pay", 1)}},
		"a compensation on the way forward":      {waiting, saga.CompensationStarted{AttemptStarted: attempt("reserve", 1)}},
		"an action on the way back":              {turned, saga.StepStarted{AttemptStarted: attempt("a", 2)}},
		"the success of an attempt not made":     {running, saga.StepCompleted{Step: "reserve", Attempt: 2}},
		"a late success of an attempt not made":  {running, saga.StepCompleted{Step: "reserve", Attempt: 2, Late: true}},
		"a second ending":                        {waiting, saga.StepFailed{AttemptFailed: saga.AttemptFailed{Step: "reserve", Attempt: 1}}},
		"an interruption of what is not open":    {running, saga.StepInterrupted{AttemptRef: saga.AttemptRef{Step: "pay", Attempt: 1}}},
		"a compensation's end without its start": {running, saga.CompensationCompleted{Step: "reserve", Attempt: 1}},
		"a second turn":                          {turned, saga.CompensationRequested{}},
		"a turn with a step that is not planned": {waiting, saga.CompensationRequested{Plan: []string{"nowhere"}}},
		"a redrive of what is not parked":        {running, saga.StepRedriven{Step: "reserve"}},
		"a skip of what has not come yet":        {waiting, saga.StepSkipped{Step: "pay"}},
		"a skip of what runs":                    {running, saga.StepSkipped{Step: "reserve"}},
		"a skip on the way back":                 {turned, saga.StepSkipped{Step: "a"}},
		"a resolution of what is not parked":     {waiting, saga.StepResolved{Step: "reserve"}},
		"a cancellation on the way back":         {turned, saga.SagaCancelRequested{}},
		"a resume of what is not paused":         {running, saga.SagaResumed{}},
		"an extension on the way back":           {turned, saga.DeadlineExtended{Deadline: noon}},
		"a migration to no higher version":       {running, saga.SagaMigrated{Version: 1, Plan: orderDef().Plan()}},
		"completion with steps left":             {waiting, saga.SagaCompleted{}},
		"completion after the turn":              {turned, saga.SagaCompleted{}},
		"failure without a turn":                 {running, saga.SagaFailed{}},
		"failure with compensations left":        {turned, saga.SagaFailed{}},
		"anything after the end":                 {ended, saga.SagaParked{}},
	} {
		t.Run(name, func(t *testing.T) {
			inst, before := c.story.fold(), c.story.fold()
			inst.Evolve(c.event)
			require.NotEmpty(t, inst.Fault())
			require.Contains(t, inst.Fault(), "revision ")
			require.Equal(t, before.State(), inst.State())
			require.Equal(t, before.Revision()+1, inst.Revision())
			first := inst.Fault()
			inst.Evolve(saga.SagaStarted{})
			require.Equal(t, first, inst.Fault(), "the first fault is the one to look at")
		})
	}
}

func TestG1AHistoryBeginsWithItsStart(t *testing.T) {
	for _, event := range everyEvent()[1:] {
		inst := saga.NewInstance(orderRef)
		inst.Evolve(event)
		require.NotEmpty(t, inst.Fault())
		require.Equal(t, saga.StateNone, inst.State())
	}
}

func TestASagaCannotStartWithoutAPlanThatTellsItsStepsApart(t *testing.T) {
	a, b := saga.PlannedStep{Name: "a"}, saga.PlannedStep{Name: "b"}
	for _, plan := range []*saga.Plan{nil, {}, {Steps: []saga.PlannedStep{a, b, a}}, {Steps: []saga.PlannedStep{a, {}}}} {
		inst := saga.NewInstance(orderRef)
		inst.Evolve(saga.SagaStarted{Name: "Order", ID: "7", Plan: plan})
		require.NotEmpty(t, inst.Fault())
	}
}

// decideEverything asks a saga about every kind of command. It must answer, whatever its history is.
func decideEverything(t *testing.T, inst *saga.Instance) {
	steps := []string{"a", "b", "nowhere", ""}
	commands := []saga.Command{
		startOf(orderDef(), noon), saga.Proceed{Now: noon.Add(time.Hour)}, saga.Proceed{}, saga.DeclareMissing{},
		saga.DeclareStillRunning{}, saga.Recover{}, saga.Recover{Now: noon.Add(1e6 * time.Hour), Jitter: 0.5, Go: true},
		saga.Redrive{Actor: "ann", Reason: "r", SeenRevision: inst.Revision()},
		saga.Skip{Step: "a", Actor: "ann", Reason: "r", SeenRevision: inst.Revision()},
		saga.Resolve{Step: "a", Actor: "ann", Reason: "r", SeenRevision: inst.Revision()},
		saga.Resolve{Step: "b", Direction: saga.Compensation, Evidence: "e", Actor: "ann", Reason: "r", SeenRevision: inst.Revision()},
		saga.Cancel{Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen},
		saga.Terminate{Actor: "ann", Reason: "r", SeenRevision: inst.Revision()},
		saga.Extend{Now: noon, Deadline: noon.Add(time.Hour), Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen},
		saga.ChangeRetryPolicy{Step: "a", Retry: saga.RetryPolicy{MaximumAttempts: 20}, Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen},
		saga.Pause{Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen}, saga.Resume{Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen}, nil,
		saga.MigrateSaga{Version: 9, Plan: anyPlan(0), Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen},
		saga.MigrateSaga{Version: 9, Actor: "ann", Reason: "r", SeenRevision: saga.NotSeen},
	}
	for kind := saga.Succeeded; kind <= saga.Interrupted+1; kind++ {
		for i, step := range steps {
			commands = append(commands, saga.RecordOutcome{
				Now: noon, Step: step, Direction: saga.Direction(i % 2), Attempt: 1, Outcome: saga.Outcome{Kind: kind}, Go: true,
			}, saga.RecordOutcome{Step: step, Direction: saga.Direction((i + 1) % 2), Attempt: 1, Outcome: saga.Outcome{Kind: kind}})
		}
	}
	faultless := inst.Fault() == ""
	for _, command := range commands {
		events, err := inst.Decide(command)
		again, _ := inst.Decide(command)
		require.Equal(t, events, again)
		require.True(t, err == nil || len(events) == 0)
		require.Equal(t, faultless, inst.Fault() == "")
	}
}

// FuzzEveryHistoryIsAnswered reads events as JSON lines, as a damaged or foreign log could hold them: whatever the history,
// every command gets the same answer when it is asked twice, and no decision changes the saga.
func FuzzEveryHistoryIsAnswered(f *testing.F) {
	golden, err := os.ReadFile("testdata/events.golden.json")
	require.NoError(f, err)
	var kept []stored
	require.NoError(f, json.Unmarshal(golden, &kept))
	var all bytes.Buffer
	for _, event := range kept {
		line, err := json.Marshal(event)
		require.NoError(f, err)
		all.Write(append(line, '\n'))
	}
	f.Add(all.Bytes())
	f.Add([]byte(`{"type":"SagaStarted","data":{"plan":{"steps":[{"name":"a","action":{"timeout_ms":-1,"maximum_attempts":-1}}]}}}
{"type":"StepStarted","data":{"step":"a","attempt":1}}
{"type":"StepTimedOut","data":{"step":"a","attempt":1}}`))
	registry, err := saga.NewRegistry()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, lines []byte) {
		inst := saga.NewInstance(orderRef)
		for i, line := range bytes.Split(lines, []byte("\n")) {
			var event stored
			if i > 50 || json.Unmarshal(line, &event) != nil {
				return
			}
			decoded, err := registry.Decode(event.Type, 1, event.Data)
			if err != nil {
				return
			}
			inst.Evolve(decoded.(saga.Event))
			decideEverything(t, inst)
		}
	})
}

// FuzzEveryOrderOfEventsIsAnswered lets events of one saga come in any order, numbered anyhow, three bytes an event: the
// saga takes each or has a fault, and every command is answered.
func FuzzEveryOrderOfEventsIsAnswered(f *testing.F) {
	f.Add([]byte{0, 0, 1, 1, 0, 1, 2, 0, 1, 9, 0, 2, 12, 0, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		o := limitedStep()
		o.CompensateOnFailure = true
		plan := define("Any", compensable("a", o), compensable("b", o)).Plan()
		inst := saga.NewInstance(orderRef)
		inst.Evolve(saga.SagaStarted{Name: "Any", ID: "7", Plan: plan, Data: someGoods})
		for ; len(script) >= 3 && inst.Revision() < 40; script = script[3:] {
			step, number := string(rune('a'+script[1]%3)), int(script[2]%4)
			inst.Evolve(anyEvent(int(script[0]), step, number))
			decideEverything(t, inst)
			if inst.Fault() != "" {
				return
			}
		}
	})
}

// anyPlan returns a plan that has the steps a and b in some way.
func anyPlan(kind int) *saga.Plan {
	o := limitedStep()
	o.CompensateOnFailure = kind%2 == 0
	a, b, c := compensable("a", o), compensable("b", o), compensable("c", o)
	plans := []*saga.Plan{
		define("Any", a, b, c).Plan(), define("Any", b, a).Plan(), define("Any", a).Plan(), define("Any", saga.Parallel("g", a, b)).Plan(), nil,
		{Steps: []saga.PlannedStep{{Name: "a"}, {Name: "a"}}},
	}
	return plans[kind%len(plans)]
}

func anyEvent(kind int, step string, number int) saga.Event {
	ref := saga.AttemptRef{Step: step, Attempt: number}
	started := saga.AttemptStarted{Step: step, Attempt: number, Deadline: noon.Add(time.Minute), TotalDeadline: noon.Add(time.Hour)}
	problem := saga.AttemptFailed{Step: step, Attempt: number, Error: "e", Permanent: kind%2 == 0}
	retry := saga.RetryScheduled{Step: step, Attempt: number, Due: noon}
	events := []saga.Event{
		saga.StepStarted{AttemptStarted: started}, saga.StepCompleted{Step: step, Attempt: number, Late: kind%2 == 0},
		saga.StepFailed{AttemptFailed: problem}, saga.StepTimedOut{AttemptRef: ref}, saga.StepInterrupted{AttemptRef: ref},
		saga.StepRetryScheduled{RetryScheduled: retry}, saga.CompensationStarted{AttemptStarted: started},
		saga.CompensationCompleted{Step: step, Attempt: number}, saga.CompensationFailed{AttemptFailed: problem},
		saga.CompensationTimedOut{AttemptRef: ref}, saga.CompensationInterrupted{AttemptRef: ref},
		saga.CompensationRetryScheduled{RetryScheduled: retry},
		saga.CompensationRequested{FailedStep: step, Plan: []string{"b", "a"}[number%2:]},
		saga.SagaParked{Parked: saga.Parked{Step: step, Direction: saga.Direction(number % 2)}},
		saga.StepRedriven{Step: step, Direction: saga.Direction(number % 2)}, saga.SagaCompleted{}, saga.SagaFailed{},
		saga.SagaPaused{}, saga.SagaResumed{}, saga.DeadlineExtended{Deadline: noon}, saga.StepResolved{Step: step, Direction: saga.Direction(number % 2), Evidence: "e"}, saga.StepSkipped{Step: step},
		changedTo(step, number),
		saga.SagaMigrated{Version: 2 + number, Plan: anyPlan(kind)},
	}
	return events[kind%len(events)]
}
