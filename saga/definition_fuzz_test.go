package saga_test

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// shape is a step as a fuzzer draws it, and what is wrong with it by itself.
type shape struct {
	name   string
	kind   saga.Kind
	none   bool // the zero Step
	step   saga.Step[goods]
	faults int
}

var validName = regexp.MustCompile(`^[A-Za-z0-9_.]{1,100}$`)

// bytesPerShape is how many bytes of a script make a step.
const bytesPerShape = 9

// newShape reads a step from a script, and counts its faults while it is made: one a field, whatever the others are.
func newShape(b []byte) shape {
	names := []string{"a", "b", "c", "d", "e.f_9", "", "no name", strings.Repeat("x", 100), strings.Repeat("x", 101), "ä", "a\n"}
	s := shape{name: names[int(b[0])%len(names)], kind: saga.Kind(b[1] % 4), none: b[1] > 250}
	if s.none {
		s.name, s.kind, s.faults = "", saga.KindCompensable, 2 // no function, no compensation
		return s
	}
	var o saga.StepOptions
	action := saga.AttemptOptions{}
	s.faults += drawAttempts(&action, b[2], b[3], b[4]) + drawAttempts(&o.Compensation, b[5], b[6], b[7])
	o.Timeout, o.TotalTimeout, o.Retry = action.Timeout, action.TotalTimeout, action.Retry
	o.CompensateOnFailure = b[8]&1 == 1
	act, compensate := walktest.Do, walktest.Undo
	if b[8]&6 == 6 {
		act = nil
		s.faults++
	}
	if b[8]&24 == 24 {
		compensate = nil
		if s.kind == saga.KindCompensable {
			s.faults++
		}
	}
	if s.kind != saga.KindCompensable {
		if o.CompensateOnFailure {
			s.faults++
		}
		if o.Compensation != (saga.AttemptOptions{}) {
			s.faults++
		}
	}
	switch s.kind {
	case saga.KindCompensable:
		s.step = saga.Compensable(s.name, act, compensate, o)
	case saga.KindReadOnly:
		s.step = saga.ReadOnly(s.name, act, o)
	case saga.KindPivot:
		s.step = saga.Pivot(s.name, act, o)
	case saga.KindRetriable:
		s.step = saga.Retriable(s.name, act, o)
	case saga.KindAwait, saga.KindChild: // their options are of other types
	}
	return s
}

// drawAttempts fills in limits, a nibble each, and counts the faults among them.
func drawAttempts(o *saga.AttemptOptions, times, intervals, others byte) (faults int) {
	lengths := []time.Duration{0, 0, 0, 1, time.Second, time.Hour, math.MaxInt64, -1, math.MinInt64}
	length := func(nibble byte) time.Duration {
		d := lengths[int(nibble)%len(lengths)]
		if d < 0 {
			faults++
		}
		return d
	}
	o.Timeout, o.TotalTimeout = length(times>>4), length(times&15)
	o.Retry.InitialInterval, o.Retry.MaximumInterval = length(intervals>>4), length(intervals&15)
	if o.Retry.MaximumInterval > 0 && o.Retry.InitialInterval > o.Retry.MaximumInterval {
		faults++
	}
	attempts := []int{0, 0, 1, 2, 7, math.MaxInt, -1, math.MinInt}
	if o.Retry.MaximumAttempts = attempts[others&7]; o.Retry.MaximumAttempts < 0 {
		faults++
	}
	coefficients := []float64{0, 0, 1, 2.5, 1000, 1000.1, 0.9, -1, math.NaN(), math.Inf(1), math.Inf(-1)}
	o.Retry.BackoffCoefficient = coefficients[int(others>>3)%len(coefficients)]
	if c := o.Retry.BackoffCoefficient; c != 0 && !(1 <= c && c <= 1000) {
		faults++
	}
	return faults
}

// misplaced counts the steps that may not stand where they do, by looking at every pair of them.
func misplaced(shapes []shape) (wrong int) {
	for j, later := range shapes {
		isWrong := false
		for _, earlier := range shapes[:j] {
			noReturn := earlier.kind == saga.KindPivot || earlier.kind == saga.KindRetriable
			isWrong = isWrong || noReturn && (later.kind == saga.KindCompensable || later.kind == saga.KindPivot)
		}
		if isWrong {
			wrong++
		}
	}
	return wrong
}

// misnamed counts the names that are none, and those that an earlier step has.
func misnamed(shapes []shape) (wrong int) {
	for j, later := range shapes {
		taken := false
		for _, earlier := range shapes[:j] {
			taken = taken || earlier.name == later.name
		}
		if taken || !validName.MatchString(later.name) {
			wrong++
		}
	}
	return wrong
}

// FuzzDefinition holds the checks of definitions to this: whatever the shape of a definition, they do not panic, and they
// report every fault at once, as many as a count over all steps and pairs of steps finds that shares no code with them.
// What they accept can be run: its plan has all its steps and survives the log, an engine takes it, a saga of it completes
// when its steps succeed, and when a step is refused it fails before the point of no return and is parked behind it.
func FuzzDefinition(f *testing.F) {
	sound := []byte{0, 0, 0, 0, 0, 0, 0, 0, 0}
	at := func(i int, v byte) []byte {
		b := append([]byte{}, sound...)
		b[i] = v
		return b
	}
	named := func(b []byte, name byte, kind byte) []byte {
		c := append([]byte{}, b...)
		c[0], c[1] = name, kind
		return c
	}
	order := append(append(append([]byte{}, sound...), named(sound, 1, 2)...), named(sound, 2, 3)...)
	f.Add("Order", 1, order)
	f.Add("Order", 1, append(order, named(sound, 3, 0)...))
	f.Add("Order", 1, append(append([]byte{}, sound...), sound...))
	f.Add("no-good", 0, []byte{})
	for i := range bytesPerShape {
		for _, v := range []byte{0x37, 0x78, 0xff, 0x46, 0x06, 0x18} {
			f.Add("Order", 1, at(i, v))
		}
	}
	f.Fuzz(func(t *testing.T, name string, version int, script []byte) {
		def, shapes, faults := saga.Definition[goods]{Name: name, Version: version}, []shape(nil), 0
		for ; len(script) >= bytesPerShape && len(shapes) < 12; script = script[bytesPerShape:] {
			s := newShape(script)
			shapes, def.Steps, faults = append(shapes, s), append(def.Steps, s.step), faults+s.faults
		}
		if !validName.MatchString(name) {
			faults++
		}
		if version < 1 {
			faults++
		}
		if len(shapes) == 0 {
			faults++
		}
		faults += misplaced(shapes) + misnamed(shapes)
		err := def.Validate()
		_, errEngine := saga.NewEngine(saga.EngineConfig{Definitions: []saga.AnyDefinition{def}})
		require.Equal(t, err == nil, errEngine == nil)
		if faults == 0 {
			require.NoError(t, err)
			requireCanRun(t, def, shapes)
			return
		}
		require.ErrorIs(t, err, saga.ErrInvalidDefinition)
		var told *saga.DefinitionError
		require.ErrorAs(t, err, &told)
		require.Len(t, told.Faults, faults, "%v", told.Faults)
	})
}

func requireCanRun(t *testing.T, def saga.Definition[goods], shapes []shape) {
	plan := def.Plan()
	require.Len(t, plan.Steps, len(shapes))
	encoded, err := json.Marshal(plan)
	require.NoError(t, err)
	var decoded saga.Plan
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	require.Equal(t, plan, &decoded)
	started := func() *saga.Instance {
		inst := saga.NewInstance(saga.Ref{Name: def.Name, ID: "7"})
		start := startOf(def, noon)
		start.Go = false
		events, err := inst.Decide(start)
		require.NoError(t, err)
		inst.Evolve(events[0])
		return inst
	}
	requireRuns(t, started())
	behind := false
	for at, s := range shapes {
		behind = behind || s.kind == saga.KindRetriable
		end := refuseAt(t, started(), at)
		_, parked := end.Parked()
		require.Equal(t, behind, parked, "refused at %s", s.name)
		require.Equal(t, !behind, end.State() == saga.StateFailed, "%s, refused at %s", end.State(), s.name)
		behind = behind || s.kind == saga.KindPivot
	}
}

// refuseAt lets every step succeed but one, and every compensation, until the saga rests.
func refuseAt(t *testing.T, inst *saga.Instance, at int) *saga.Instance {
	for range 4 * len(inst.Plan().Steps) {
		events, err := inst.Decide(saga.Proceed{Now: noon})
		require.NoError(t, err)
		for _, event := range events {
			inst.Evolve(event)
			id, attempt, begins, _ := attemptOf(event)
			if !begins {
				continue
			}
			outcome := ok("x")
			if id == (trackID{inst.Plan().Steps[at].Name, saga.Action}) {
				outcome = refused
			}
			after, err := inst.Decide(saga.RecordOutcome{
				Now: noon, Step: id.step, Direction: id.direction, Attempt: attempt, Outcome: outcome,
			})
			require.NoError(t, err)
			for _, event := range after {
				inst.Evolve(event)
			}
		}
		if _, parked := inst.Parked(); parked || inst.State().Ended() {
			return inst
		}
	}
	return inst
}
