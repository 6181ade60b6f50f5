package sagatest

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// stuckBackwards parks at the compensation of reserve, stuckForwards at the last step, which cannot be undone.
func stuckBackwards(name string, acts ...act) scene {
	return scene{name: name, acts: spoken(acts...), plays: map[place][]play{
		action("pay"): {refusal()}, compensation("reserve"): {refusal()},
	}}
}

func stuckForwards(name string, acts ...act) scene {
	return scene{name: name, steps: aroundThePivot(), acts: spoken(acts...), plays: map[place][]play{action("mail"): {refusal()}}}
}

func scenesOfResolutions() []scene {
	done, undone := said(time.Hour, resolve("mail", saga.Action)), said(time.Hour, resolve("reserve", saga.Compensation))
	stale := func(r *saga.Resolve) { r.SeenRevision-- }
	down := act{at: time.Hour - time.Second, do: stops}
	pivot := scene{
		name: "a pivot is resolved", steps: aroundThePivot(), plays: map[place][]play{action("buy"): {forEver(hiddenEffect())}},
		acts: spoken(said(time.Hour, resolve("buy", saga.Action))),
	}
	hour := 2 * time.Hour
	refused := stuckBackwards("resolutions that are refused",
		said(time.Second, resolve("reserve", saga.Compensation)),
		said(time.Hour, resolve("reserve", saga.Compensation, stale)), said(time.Hour+time.Second, resolve("pay", saga.Compensation)),
		said(time.Hour+2*time.Second, resolve("reserve", saga.Action)),
		said(time.Hour+3*time.Second, resolve("reserve", saga.Compensation, func(r *saga.Resolve) { r.Evidence = "" })),
		said(time.Hour+4*time.Second, resolve("reserve", saga.Compensation, func(r *saga.Resolve) { r.Actor = "" })),
		said(hour, resolve("reserve", saga.Compensation)), said(hour+time.Minute, resolve("reserve", saga.Compensation)))
	refused.plays[action("pay")] = []play{late(10*time.Second, refuses)}
	return []scene{
		stuckForwards("an action is resolved", done), stuckBackwards("a compensation is resolved", undone), pivot,
		stuckForwards("an action is resolved while nobody runs", down, done),
		stuckBackwards("a compensation is resolved while nobody runs", down, undone),
		stuckForwards("an action is resolved before a restart", done, act{at: hour, do: stops}),
		stuckBackwards("a compensation is resolved in a paused saga",
			act{at: time.Minute, do: pauses}, undone, act{at: hour, do: resumes}),
		refused,
		{
			name: "an attempt that goes on and on is resolved, parks the next step, and is redriven", acts: spoken(
				said(2*time.Minute+10*time.Second, resolve("ship", saga.Action)), said(time.Hour, resolve("ship", saga.Action)),
				act{at: hour, do: redrives}),
			plays: map[place][]play{action("ship"): {{end: fails, takes: 150 * time.Second}}},
		},
	}
}

func scenesOfSkips() []scene {
	steps := fourCompensable()
	steps[1] = sketch{name: "wait", kind: saga.KindAwait}
	stale := func(s *saga.Skip) { s.SeenRevision-- }
	slow := map[place][]play{action("pay"): {late(10*time.Second, succeeds)}}
	hour := time.Hour
	later := fourCompensable()
	later[1].options.Retry = saga.RetryPolicy{InitialInterval: hour, MaximumInterval: hour, MaximumAttempts: 3}
	retried := scene{
		name: "a step that waits for its retry is skipped", steps: later, plays: map[place][]play{action("pay"): {hiddenEffect()}},
		acts: spoken(said(time.Minute, skip("pay"))),
	}
	undone := retried
	undone.name = "a skipped step of unknown outcome is compensated"
	undone.plays = map[place][]play{action("pay"): {hiddenEffect()}, action("tell"): {refusal()}}
	restarted := retried
	restarted.name, restarted.acts = "a step is skipped while nobody runs", spoken(act{at: time.Minute - time.Second, do: stops}, said(time.Minute, skip("pay")))
	return []scene{
		retried, undone, restarted,
		stuckForwards("a step at which a saga is parked is skipped", said(hour, skip("mail"))),
		{
			name: "a wait is skipped, and its signal comes", steps: steps, plays: map[place][]play{action("ship"): {late(10*time.Second, succeeds)}},
			acts: spoken(said(hour, skip("wait")), act{at: hour + 5*time.Second, do: signals, item: "a"}),
		},
		{
			name: "a pivot is skipped", steps: aroundThePivot(), acts: spoken(said(hour, skip("buy"))),
			plays: map[place][]play{action("buy"): {forEver(failure())}},
		},
		{
			name: "a pivot of a cancelled saga is skipped", steps: aroundThePivot(),
			acts:  spoken(act{at: time.Minute, do: cancels}, said(hour, skip("buy"))),
			plays: map[place][]play{action("buy"): {forEver(hiddenEffect())}},
		},
		stuckForwards("a step is skipped before a restart", said(hour, skip("mail")), act{at: hour + time.Second, do: stops}),
		stuckForwards("a skip with an old view", said(hour, skip("mail", stale)), said(2*hour, skip("mail"))),
		stuckBackwards("skips of a saga that goes back", said(hour, skip("pay")), said(2*hour, skip("reserve"))),
		{name: "skips that are refused", plays: slow, acts: spoken(
			said(time.Second, skip("pay")), said(2*time.Second, skip("ship")), said(3*time.Second, skip("reserve")),
			said(4*time.Second, skip("weigh")), said(hour, skip("tell")))},
	}
}

func scenesOfExtensions() []scene {
	slow := map[place][]play{action("pay"): {late(50*time.Second, succeeds)}}
	waiting := fourCompensable()
	waiting[1] = sketch{name: "wait", kind: saga.KindAwait}
	limited := func(name string, plays map[place][]play, acts ...act) scene {
		return scene{name: name, deadline: 30 * time.Second, plays: plays, acts: spoken(acts...)}
	}
	crashed := limited("a deadline is extended while nobody runs", nil, said(20*time.Second, extend(time.Hour)))
	crashed.slips = []slip{{at: 3, fault: crashAfter, away: time.Minute}}
	extended := limited("a deadline that was extended passes", nil, said(20*time.Second, extend(time.Hour)))
	extended.steps = waiting
	given := scene{name: "a saga without a deadline is given one", steps: waiting, acts: spoken(said(time.Minute, extend(time.Hour)))}
	restarted := given
	restarted.name, restarted.acts = "a deadline that was given passes after a restart",
		spoken(said(time.Minute, extend(time.Hour)), act{at: 2 * time.Minute, do: stops})
	return []scene{
		limited("a deadline is extended during an attempt", slow, said(10*time.Second, extend(time.Hour))),
		limited("a deadline is extended when it has passed, and the saga has not turned round", slow, said(40*time.Second, extend(time.Hour))),
		limited("a deadline is drawn in", slow, said(10*time.Second, extend(5*time.Second))),
		crashed, extended, given, restarted,
		limited("extensions that are refused", slow,
			said(5*time.Second, extend(-time.Second)), said(6*time.Second, extend(time.Hour, func(e *saga.Extend) { e.SeenRevision = 0 })),
			said(7*time.Second, extend(time.Hour, func(e *saga.Extend) { e.Reason = "" })), said(time.Hour, extend(time.Hour))),
		stuckBackwards("a saga that goes back is not extended", said(time.Hour, extend(time.Hour))),
	}
}

func scenesOfPolicies() []scene {
	oftener := saga.RetryPolicy{MaximumAttempts: 9, InitialInterval: time.Minute, MaximumInterval: time.Minute}
	failing := func(name string, plays map[place][]play, acts ...act) scene {
		return scene{name: name, steps: slowly(), plays: plays, acts: spoken(acts...)}
	}
	forwards := map[place][]play{action("pay"): {failure(), failure(), failure()}}
	backwards := map[place][]play{action("pay"): {refusal()}, compensation("reserve"): {failure(), failure(), failure()}}
	soon := said(time.Minute, policy("pay", saga.Action, oftener))
	crashed := failing("a policy is changed while nobody runs", forwards, soon)
	crashed.slips = []slip{{at: 3, fault: crashAfter, away: 2 * time.Minute}}
	stale := func(c *saga.ChangeRetryPolicy) { c.SeenRevision = 0 }
	fewer := saga.RetryPolicy{MaximumAttempts: 1}
	return []scene{
		failing("the policy of an action is changed", forwards, soon),
		failing("the policy of a compensation is changed", backwards, said(time.Minute, policy("reserve", saga.Compensation, oftener))),
		failing("a policy that is changed ends the attempts", map[place][]play{action("pay"): {forEver(failure())}},
			said(time.Minute, policy("pay", saga.Action, saga.RetryPolicy{MaximumAttempts: 2}))),
		failing("a policy that was changed outlives a restart", forwards, soon, act{at: 2 * time.Minute, do: stops}),
		crashed,
		failing("the policy of a step to come is changed", forwards, said(20*time.Millisecond, policy("pay", saga.Action, oftener))),
		failing("policies that are refused", forwards, said(time.Minute, policy("pay", saga.Action, fewer)),
			said(time.Minute+time.Second, policy("weigh", saga.Action, oftener)), said(time.Minute+2*time.Second, policy("pay", saga.Action, oftener, stale)),
			said(time.Minute+3*time.Second, policy("reserve", saga.Action, oftener)), said(10*time.Hour, policy("pay", saga.Action, oftener))),
		stuckBackwards("the policy of what is given up is not changed", said(time.Hour, policy("reserve", saga.Compensation, oftener))),
	}
}
