package sagatest

import (
	"maps"
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

func scenesOfRestarts() []scene {
	failed := map[place][]play{action("pay"): {failure()}}
	crash := func(at int, away time.Duration) []slip { return []slip{{at: at, fault: crashAfter, away: away}} }
	return []scene{
		{name: "a retry is due after a restart", steps: slowly(), plays: failed, slips: crash(3, time.Minute)},
		{name: "a retry was due before a restart", steps: slowly(), plays: failed, slips: crash(3, 20*time.Minute)},
		{name: "a restart before the deadline", steps: slowly(), slips: crash(2, time.Minute)},
		{name: "a deadline passes during a restart", steps: slowly(), slips: crash(2, 12*time.Minute)},
		{name: "a deadline and the retry pass during a restart", steps: slowly(), slips: crash(2, 30*time.Minute)},
		{name: "the time for all attempts passes during a restart", steps: slowly(), slips: crash(2, 2*time.Hour)},
		{
			name: "a deadline of a compensation passes during a restart", steps: slowly(),
			plays: map[place][]play{action("pay"): {refusal()}}, slips: crash(3, 12*time.Minute),
		},
		{
			name: "interrupted five times parks, and is redriven", acts: redriven(time.Hour),
			slips: []slip{{at: 2, times: 5, fault: crashAfter}},
		},
		{
			name: "a compensation that is interrupted five times parks, and is redriven", acts: redriven(time.Hour),
			plays: map[place][]play{action("pay"): {refusal()}}, slips: []slip{{at: 3, times: 5, fault: crashAfter}},
		},
		{
			name: "a crash while it is parked", acts: redriven(time.Hour), slips: crash(4, 2*time.Hour),
			plays: map[place][]play{action("pay"): {refusal()}, compensation("reserve"): {{end: refuses, unmet: true}}},
		},
	}
}

func scenesOfStops() []scene {
	stopped := func(name string, p play, at place, acts ...act) scene {
		plays := map[place][]play{at: {p}}
		if at.direction == saga.Compensation {
			plays[action("ship")] = []play{refusal()}
		}
		return scene{name: name, plays: plays, acts: append([]act{
			{at: 10 * time.Millisecond, do: starts}, {at: 2 * time.Second, do: stops},
		}, acts...)}
	}
	var all []scene
	for _, at := range []place{action("pay"), compensation("pay")} {
		of := " of the " + at.direction.String()
		all = append(all,
			stopped("a stop during an attempt that obeys"+of, lost(), at),
			stopped("a stop during an attempt that ends within the grace"+of, late(5*time.Second, succeeds), at),
			stopped("a stop during an attempt that fails within the grace"+of, late(5*time.Second, fails), at),
			stopped("a stop during an attempt that is deaf"+of, late(30*time.Second, succeeds), at),
			stopped("a stop during an attempt that is deaf and fails"+of, late(30*time.Second, fails), at),
			stopped("a stop during an attempt that is deaf and refuses"+of, late(30*time.Second, refuses), at),
		)
	}
	return append(all,
		stopped("a stop while a retry is waited for", failure(), action("tell")),
		stopped("a stop when nothing is to do", play{}, action("tell")),
		stopped("a start during a stop", late(5*time.Second, succeeds), action("pay"),
			act{at: 3 * time.Second, do: starts, id: "2"}),
		scene{
			name: "a saga is redriven while nobody runs", acts: []act{
				{at: 10 * time.Millisecond, do: starts}, {at: 60 * time.Second, do: stops},
				{at: 60*time.Second + 500*time.Millisecond, do: redrives},
			},
			plays: map[place][]play{action("pay"): {refusal()}, compensation("reserve"): {{end: refuses, unmet: true}}},
		},
	)
}

func scenesOfStores() []scene {
	var all []scene
	for _, c := range []struct {
		name  string
		fault storeFault
		times []int
	}{
		{"the store is unavailable for a while", refuseCall, []int{1, 5, 12}},
		{"an append is lost and reported as timed out", timedOutUndone, []int{1, 4}},
		{"an append is stored and reported as timed out", timedOutDone, []int{1, 4}},
		{"an append meets a conflict", falseConflict, []int{1, 2}},
	} {
		for _, times := range c.times {
			for _, at := range []int{1, 2, 4, 5, 7} {
				if c.fault == falseConflict && at == 1 {
					continue // of a stream that there is not
				}
				all = append(all, scene{
					name: c.name, slips: []slip{{at: at, times: times, fault: c.fault}},
					plays: map[place][]play{action("tell"): {forEver(hiddenEffect())}},
				})
			}
		}
	}
	all = append(all, scene{
		name:  "a store that cannot be read at a restart",
		slips: []slip{{at: 3, fault: crashAfter}, {at: 1, times: 3, fault: unavailableRead}},
	}, scene{
		name:  "a store that cannot be read after a conflict",
		slips: []slip{{at: 3, fault: falseConflict}, {at: 1, times: 3, fault: unavailableRead}},
	})
	return append(all, scene{
		name: "an append is lost, and the orchestrator dies before it can repeat it",
		slips: []slip{
			{at: 3, fault: timedOutUndone}, {at: 4, fault: crashBefore, away: 2 * time.Minute},
		},
	}, scene{
		name:  "an append is stored, and the orchestrator dies before it can repeat it",
		slips: []slip{{at: 3, fault: timedOutDone}, {at: 4, fault: crashBefore}},
	})
}

func scenesOfClients() []scene {
	start := func(at time.Duration, id, item string) act { return act{at: at, do: starts, id: id, item: item} }
	slow := map[place][]play{action("pay"): {late(20*time.Second, succeeds)}}
	setAside := []act{
		start(10*time.Millisecond, "1", ""), start(20*time.Millisecond, "2", ""), {at: 5 * time.Second, do: stops},
		{at: 15500 * time.Millisecond, do: damages}, start(30*time.Second, "1", ""),
	}
	return []scene{
		{name: "a start again with the same data", plays: slow, acts: []act{
			start(10*time.Millisecond, "1", "lamp"), start(time.Second, "1", "lamp"), start(time.Hour, "1", "lamp"),
		}},
		{name: "a start again with other data", plays: slow, acts: []act{
			start(10*time.Millisecond, "1", "lamp"), start(time.Second, "1", "chair"), start(time.Hour, "1", "table"),
		}},
		{name: "two starts at once", acts: []act{
			start(10*time.Millisecond, "1", "lamp"), start(10*time.Millisecond, "1", "lamp"),
		}},
		{name: "several sagas", plays: map[place][]play{action("pay"): {failure()}}, acts: []act{
			start(10*time.Millisecond, "1", "lamp"), start(11*time.Millisecond, "2", "chair"), start(time.Second, "3", "table"),
		}},
		{
			name: "an unreadable stream is set aside, and no other", acts: setAside, broke: true,
			plays: map[place][]play{action("pay"): {lost()}},
		},
		{name: "an operator redrives what is not parked", plays: slow, acts: redriven(10*time.Second, time.Hour)},
	}
}

func scenesOfRivals() []scene {
	start := act{at: 10 * time.Millisecond, do: starts}
	overtaken := func(name string, second play, undo map[place][]play, acts ...act) scene {
		plays := map[place][]play{action("pay"): {late(30*time.Second, succeeds), second}}
		maps.Copy(plays, undo)
		return scene{name: name, plays: plays, acts: slices.Concat([]act{start, {at: 10 * time.Second, do: boots}}, acts)}
	}
	news := func(fault storeFault) scene { // the seventh append is that to the late stream
		s := overtaken("late news of a saga that has ended meets a store that has troubles", refusal(), nil)
		s.slips = []slip{{at: 7, times: 12, fault: fault}}
		return s
	}
	back := map[place][]play{compensation("reserve"): {late(50*time.Second, succeeds)}}
	return []scene{
		{name: "two orchestrators share the sagas", plays: map[place][]play{
			action("pay"): {failure(), hiddenEffect()}, action("tell"): {refusal()}, compensation("ship"): {failure()},
		}, acts: []act{
			{do: boots}, {at: time.Second, do: starts}, {at: time.Second + 5*time.Millisecond, do: starts, id: "2", node: 1},
		}},
		{name: "of two orchestrators one dies", plays: map[place][]play{action("pay"): {hiddenEffect()}}, acts: []act{
			{do: boots}, {at: time.Second, do: starts}, {at: 2 * time.Second, do: starts, id: "2", node: 1},
		}, slips: []slip{{at: 2, fault: crashAfter, away: time.Minute}}},
		{name: "of two orchestrators one is stopped", plays: map[place][]play{action("pay"): {lost()}}, acts: []act{
			{do: boots}, {at: time.Second, do: starts}, {at: 2 * time.Second, do: starts, id: "2", node: 1},
			{at: 5 * time.Second, do: stops, node: 1},
		}},
		overtaken("an attempt that was taken over is no news", play{}, nil),
		overtaken("an attempt that was taken over succeeds first", late(50*time.Second, succeeds), nil),
		overtaken("an attempt that was taken over succeeds after the end", refusal(), nil),
		news(refuseCall), news(timedOutUndone), news(timedOutDone),
		overtaken("late success after a compensation without its result parks, and is redriven", refusal(), back,
			act{at: 10 * time.Minute, do: redrives}),
	}
}

func scenesOfVersions() []scene {
	steps := func(names ...string) (sketches []sketch) {
		for _, name := range names {
			sketches = append(sketches, sketch{name: name, kind: saga.KindCompensable, options: fourCompensable()[0].options})
		}
		return sketches
	}
	halfway := []act{{at: 10 * time.Millisecond, do: starts}, {at: time.Second, do: stops, version: 2}}
	plays := map[place][]play{action("pay"): {lost()}}
	return []scene{
		{name: "a definition of a lower version goes on by its recorded plan", plays: plays, acts: halfway,
			newer: steps("weigh", "tell", "ship", "pay", "reserve")},
		{name: "a step that is missing parks, and is redriven when it is there", plays: plays,
			newer: steps("reserve", "pay", "tell"), acts: append(slices.Clone(halfway),
				act{at: time.Hour, do: stops, version: 1}, act{at: 2 * time.Hour, do: redrives})},
		{name: "a definition of a higher version is left alone", plays: plays, newer: steps("reserve", "pay"), acts: []act{
			{at: time.Millisecond, do: stops, version: 2}, {at: 5 * time.Second, do: starts},
			{at: 6 * time.Second, do: stops, version: 1}, {at: time.Minute, do: starts}, {at: time.Minute, do: starts, id: "2"},
			{at: time.Hour, do: stops, version: 2},
		}},
	}
}
