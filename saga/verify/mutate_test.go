package verify_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// Whoever changes a log without computing its chains anew is found out, whatever the change is.
func TestEveryChangeThatLeavesTheChainBehindIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := anyLog(t)
		changed := alter(t, log)
		if changed == nil {
			return
		}
		report := check(t, changed, verify.Config{})
		require.Error(t, report.Err())
		require.Subset(t, []string{"S1", "S8"}, firstOf(report), "the store's rules find it, the first of all")
	})
}

// firstOf returns the first rule that was found broken, those aside that compare a stream with that of another saga: they
// can find that something is missing there before its next event is read.
func firstOf(report verify.Report) []string {
	for _, v := range report.Violations {
		if v.Rule[0] != 'C' {
			return []string{v.Rule}
		}
	}
	return nil
}

// alter drops, swaps, duplicates or alters events and leaves everything else as it is, the numbers included. It returns
// nil when what it drew changes nothing.
func alter(t *rapid.T, log events) events {
	changed := log.clone()
	i := rapid.IntRange(0, len(log)-1).Draw(t, "event")
	of := log.streams()[log[i].Stream]
	switch rapid.IntRange(0, 3).Draw(t, "change") {
	case 0:
		if i == of[len(of)-1] {
			return nil // only a seal tells that the end of a stream is missing
		}
		changed = slices.Delete(changed, i, i+1)
	case 1:
		j := rapid.SampledFrom(of).Draw(t, "other")
		if i == j {
			return nil
		}
		changed[i], changed[j] = changed[j], changed[i]
		changed[i].Position, changed[j].Position = changed[j].Position, changed[i].Position
	case 2:
		changed = slices.Insert(changed, i+1, log[i])
		for j := range changed {
			changed[j].Position = eventstore.NewPosition(uint64(j+1), 0)
		}
	case 3:
		alterByte(t, &changed[i])
	}
	return changed
}

func alterByte(t *rapid.T, ev *eventstore.RecordedEvent) {
	flip := func(b []byte) {
		b[rapid.IntRange(0, len(b)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
	}
	switch rapid.IntRange(0, 3).Draw(t, "part") {
	case 0:
		flip(ev.Data)
	case 1:
		flip(ev.Metadata)
	case 2:
		flip(ev.ID[:])
	case 3:
		name := []byte(ev.Type)
		flip(name)
		ev.Type = string(name)
	}
}

// Whoever covers their tracks, with numbers and chains computed anew, is found out all the same when what is left could
// not have been decided. What could have been is told by the code that decides, which the other rules know nothing of.
func TestAChangeThatCannotHaveBeenDecidedIsFoundBehindANewChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := anyLog(t)
		changed := forge(t, log).renumbered().rechained()
		report := check(t, changed, verify.Config{Replay: true, MaxViolations: 1000})
		require.False(t, report.Has("S1") || report.Has("S3") || report.Has("S8"), "the tracks are covered: %v", report.Violations)
		if found := rules(report); slices.Equal(found, []string{"G23"}) {
			v := report.Violations[0]
			require.Fail(t, "only the replay finds it", "%s\n%s", v, lines(changed, v.Stream))
		}
	})
}

// forge drops, swaps, duplicates or rewrites an event.
func forge(t *rapid.T, log events) events {
	changed := log.clone()
	i := rapid.IntRange(0, len(log)-1).Draw(t, "event")
	of := log.streams()[log[i].Stream]
	switch rapid.IntRange(0, 5).Draw(t, "change") {
	case 0:
		return slices.Delete(changed, i, i+1)
	case 1:
		j := rapid.SampledFrom(of).Draw(t, "other")
		changed[i], changed[j] = changed[j], changed[i]
	case 2:
		changed = slices.Insert(changed, i+1, log[i])
	case 3:
		changed[i].Type = rapid.SampledFrom(log).Draw(t, "like").Type
	default:
		rewrite(t, &changed[i], log)
	}
	return changed
}

// rewrite changes one member of an event to another value of the same kind. Texts for people are left alone.
func rewrite(t *rapid.T, ev *eventstore.RecordedEvent, log events) {
	var members map[string]any
	require.NoError(t, json.Unmarshal(ev.Data, &members))
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(members)), func(name string) bool {
		texts := []string{"error", "stack", "data", "result", "actor", "correlation_id"}
		return slices.Contains(texts, name) || name == "reason" && ev.Type != saga.TypeSagaParked
	})
	if len(names) == 0 {
		return
	}
	name := rapid.SampledFrom(names).Draw(t, "member")
	if rapid.IntRange(0, 5).Draw(t, "delete") == 0 {
		delete(members, name)
	} else {
		members[name] = another(t, members[name], rapid.SampledFrom(log).Draw(t, "source"), name)
	}
	data, err := json.Marshal(members)
	require.NoError(t, err)
	ev.Data = data
}

func another(t *rapid.T, value any, source eventstore.RecordedEvent, name string) any {
	switch v := value.(type) {
	case float64:
		return v + rapid.SampledFrom([]float64{-2, -1, 1, 2}).Draw(t, "difference")
	case bool:
		return !v
	case []any:
		if len(v) > 1 && rapid.Bool().Draw(t, "reverse") {
			slices.Reverse(v)
			return v
		}
		return v[:max(len(v)-1, 0)]
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			shift := rapid.SampledFrom([]time.Duration{-time.Hour, -time.Second, -2 * time.Millisecond,
				2 * time.Millisecond, time.Second, time.Hour}).Draw(t, "shift")
			return at.Add(shift)
		}
		var other map[string]any
		if json.Unmarshal(source.Data, &other) == nil && other[name] != nil {
			return other[name]
		}
		return v + "x"
	}
	return value
}
