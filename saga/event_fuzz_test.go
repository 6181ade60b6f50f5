package saga_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// typesOfEvents are the types of all events of a saga's stream, in a fixed order.
func typesOfEvents() []string {
	var types []string
	for _, event := range everyEvent() {
		if name := event.EventType(); !slices.Contains(types, name) {
			types = append(types, name)
		}
	}
	return types
}

// twists is a saga to which much happened: retries, a timeout, a park and a redrive, the way back, and a late success that
// made a compensation be repeated. Its steps are those that golden events name.
func twists(t testing.TB) *tale {
	o := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}, CompensateOnFailure: true}
	s := begin(t, define("Every", compensable("a", o), compensable("b", o), compensable("c", o)))
	s.ends(failed, "failed a 1", "retry a 2")
	s.retries(ok("x"), "did a 2", "do b 1")
	s.now = s.events[len(s.events)-1].(saga.StepStarted).Deadline
	s.ends(timedOut, "timed out b 1", "retry b 2")
	s.decide(saga.DeclareMissing{})
	s.redrive("redrive b action", "do b 2")
	s.ends(refused, "failed b 2 for good", "turn at b: b a", "undo b 1 blind")
	s.ends(failed, "undo failed b 1", "retry undo b 2")
	s.retries(nothing, "undid b 2 nothing", "undo a 1")
	s.then(saga.RecordOutcome{Now: s.now, Step: "b", Attempt: 1, Outcome: ok("late")}, "did b 1 late", "park b compensation late_success")
	s.decide(s.ending(interrupt))
	s.redrive("redrive b compensation", "undo b 3")
	s.ends(undone, "undid b 3", "undo a 2")
	s.ends(undone, "undid a 2", "SagaFailed")
	return s
}

// requireRuns demands that a saga whose steps succeed completes, each step having been done once.
func requireRuns(t *testing.T, inst *saga.Instance) {
	steps := inst.Plan().Steps
	require.NotEmpty(t, steps)
	for _, step := range steps {
		events, err := inst.Decide(saga.Proceed{Now: noon})
		require.NoError(t, err)
		require.Len(t, events, 1)
		started, is := events[0].(saga.StepStarted)
		require.True(t, is)
		require.Equal(t, step.Name, started.Step)
		inst.Evolve(started)
		events, err = inst.Decide(saga.RecordOutcome{Now: noon, Step: step.Name, Attempt: 1, Outcome: ok("x")})
		require.NoError(t, err)
		for _, event := range events {
			inst.Evolve(event)
		}
		require.Empty(t, inst.Fault())
	}
	require.Equal(t, saga.StateCompleted, inst.State())
}

// FuzzEveryEventOfAnyData holds the decoding and folding of events to this: whatever bytes stand in the log as the data of
// an event of a known type, at whatever place of a history, nothing panics. Bytes that are no JSON are refused. What is
// decoded survives the log unchanged. The saga takes what can follow and has a fault after what cannot, by an account that
// shares no code with the fold; and then it still answers every command.
func FuzzEveryEventOfAnyData(f *testing.F) {
	golden, err := os.ReadFile("testdata/events.golden.json")
	require.NoError(f, err)
	var kept []stored
	require.NoError(f, json.Unmarshal(golden, &kept))
	history, types := twists(f), typesOfEvents()
	for i, event := range kept {
		f.Add(uint8(slices.Index(types, event.Type)), uint8(3*i), []byte(event.Data))
	}
	started := func(steps string) []byte {
		return []byte(`{"name":"Every","id":"7","version":1,"plan":{"steps":[` + steps + `]}}`)
	}
	for _, steps := range []string{
		``, `{"name":"a"}`, `{"name":"a"},{"name":"b","kind":"retriable"}`, `{"name":"a"},{"name":"b"},{"name":"a"}`, `{}`,
		`{"name":"a","action":{"timeout_ms":-1,"total_timeout_ms":-1,"maximum_attempts":-1}}`,
	} {
		f.Add(uint8(0), uint8(0), started(steps))
	}
	registry, err := saga.NewRegistry()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, kind, at uint8, data []byte) {
		typeName := types[int(kind)%len(types)]
		before := history.upTo(int(at) % (len(history.events) + 1))
		decoded, err := registry.Decode(typeName, 1, data)
		if err != nil {
			require.Nil(t, decoded)
			return
		}
		require.True(t, json.Valid(data), "bytes that are no JSON were taken for %s", typeName)
		event := decoded.(saga.Event)
		require.Equal(t, typeName, event.EventType())
		if encoded, err := registry.Encode(event); err == nil { // JSON has no text for some instants that it can be given
			again, err := registry.Decode(typeName, 1, encoded.Data)
			require.NoError(t, err, "%s", encoded.Data)
			twice, err := registry.Encode(again)
			require.NoError(t, err)
			require.Equal(t, string(encoded.Data), string(twice.Data), "what the log is given is what it gives")
		}
		inst := before.instance()
		inst.Evolve(event)
		if _, begins := event.(saga.SagaStarted); len(before.events) == 0 && begins && inst.Fault() == "" {
			requireRuns(t, inst)
		} else {
			require.Equal(t, len(before.events) > 0 && before.possible(event), inst.Fault() == "",
				"%s %#v after %v", inst.Fault(), event, inBrief(before.events))
		}
		decideEverything(t, inst)
	})
}
