package sagatest

import (
	"slices"
	"strconv"
	"time"
)

// sceneShards is how many shards there are where a scene is shared. Two or three owners have the same share of them, so
// that nothing depends on the names of owners.
const sceneShards = 6

// scenesOfLeases are those of two orchestrators that share the log.
func scenesOfLeases() []scene {
	const ttl = 2 * time.Minute
	four := func(at time.Duration, node int) (acts []act) {
		for i := range 4 {
			acts = append(acts, act{at: at + time.Duration(i)*17*time.Millisecond, do: starts, id: strconv.Itoa(i + 1), node: node})
		}
		return acts
	}
	shared := func(name string, plays map[place][]play, acts ...[]act) scene {
		return scene{name: name, ttl: ttl, plays: plays, acts: slices.Concat(acts...)}
	}
	second := []act{{at: 10*time.Second + 5*time.Millisecond, do: boots}}
	crash := shared("of two that share the log one dies, and the other takes over", nil, second, four(10*time.Minute, 1))
	crash.slips = []slip{{at: 6, fault: crashAfter, away: time.Hour}}
	back := shared("of two that share the log one dies, and comes back at once", nil, second, four(10*time.Minute, 1))
	back.slips = []slip{{at: 6, fault: crashBefore}}
	return []scene{
		shared("two orchestrators share the log by leases", map[place][]play{
			action("pay"): {failure(), hiddenEffect()}, action("tell"): {refusal()}, compensation("ship"): {failure()},
		}, second, four(10*time.Minute, 0)),
		shared("shards are handed over when their attempts have ended", map[place][]play{action("pay"): {late(30*time.Second, succeeds)}},
			four(time.Second, 0), []act{{at: 5*time.Second + 5*time.Millisecond, do: boots}}),
		shared("an attempt outlasts the grace of a handover", map[place][]play{action("pay"): {lost()}},
			four(time.Second, 0), []act{{at: 5*time.Second + 5*time.Millisecond, do: boots}}),
		shared("of two that share the log one is stopped", map[place][]play{action("pay"): {lost()}},
			second, four(10*time.Minute, 0), []act{{at: 10*time.Minute + 5*time.Second, do: stops, node: 1}}),
		crash, back,
		shared("one alone shares the log with nobody", map[place][]play{compensation("ship"): {{end: refuses, unmet: true}}, action("tell"): {refusal()}},
			four(time.Second, 0), []act{{at: time.Hour, do: redrives, id: "2"}, {at: 2 * time.Hour, do: stops}}),
	}
}
