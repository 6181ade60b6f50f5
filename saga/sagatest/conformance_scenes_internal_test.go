package sagatest

import (
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// The steps of most scenes: an attempt may take a minute, and there are three of each.
func fourCompensable() []sketch {
	options := saga.StepOptions{
		Timeout:      time.Minute,
		Compensation: saga.AttemptOptions{Timeout: time.Minute, Retry: saga.RetryPolicy{MaximumAttempts: 3}},
	}
	var steps []sketch
	for _, name := range []string{"reserve", "pay", "ship", "tell"} {
		steps = append(steps, sketch{name: name, kind: saga.KindCompensable, options: options})
	}
	return steps
}

// aroundThePivot is a saga with every kind of step.
func aroundThePivot() []sketch {
	options := saga.StepOptions{Timeout: time.Minute, Retry: saga.RetryPolicy{MaximumAttempts: 3}}
	undoable := options
	undoable.CompensateOnFailure = true
	return []sketch{
		{name: "look", kind: saga.KindReadOnly, options: options}, {name: "hold", kind: saga.KindCompensable, options: undoable},
		{name: "buy", kind: saga.KindPivot, options: options}, {name: "mail", kind: saga.KindRetriable, options: options},
	}
}

// slowly retries come eight minutes apart, and all attempts together have an hour.
func slowly() []sketch {
	limits := saga.AttemptOptions{
		Timeout: 10 * time.Minute, TotalTimeout: time.Hour,
		Retry: saga.RetryPolicy{InitialInterval: 8 * time.Minute, BackoffCoefficient: 1, MaximumAttempts: 9},
	}
	return []sketch{
		{name: "reserve", kind: saga.KindCompensable, options: saga.StepOptions{Compensation: limits}},
		{name: "pay", kind: saga.KindCompensable, options: saga.StepOptions{
			Timeout: limits.Timeout, TotalTimeout: limits.TotalTimeout, Retry: limits.Retry, Compensation: limits,
		}},
	}
}

func action(step string) place       { return place{step, saga.Action} }
func compensation(step string) place { return place{step, saga.Compensation} }

// The plays of most scenes.
func refusal() play      { return play{end: refuses, unmet: true, always: true} }
func failure() play      { return play{end: fails, unmet: true} }
func hiddenEffect() play { return play{end: fails} }
func lost() play         { return play{end: hangs} }
func unheard() play      { return play{end: hangs, unmet: true} }
func late(takes time.Duration, end ending) play {
	return play{end: end, takes: takes, unmet: end == refuses}
}

func forEver(p play) play {
	p.always = true
	return p
}

// scenes are all scenarios. Those of one name are one scenario, at several points.
func scenes() []scene {
	var all []scene
	for _, group := range [][]scene{
		scenesOfActions(), scenesOfCompensations(), scenesOfPivots(), scenesOfRestarts(), scenesOfStops(),
		scenesOfCrashes(), scenesOfStores(), scenesOfClients(), scenesOfRivals(), scenesOfVersions(), scenesOfLeases(),
		scenesOfProbes(), scenesOfGroups(), scenesOfWaits(), scenesOfPauses(), scenesOfChildren(),
		scenesOfResolutions(), scenesOfSkips(), scenesOfExtensions(), scenesOfPolicies(), scenesOfMigrations(),
	} {
		all = append(all, group...)
	}
	for i := range all {
		if all[i].steps == nil {
			all[i].steps = fourCompensable()
		}
	}
	return all
}

func redriven(after ...time.Duration) []act {
	acts := []act{{at: 10 * time.Millisecond, do: starts}}
	for _, at := range after {
		acts = append(acts, act{at: at, do: redrives})
	}
	return acts
}

func scenesOfActions() []scene {
	all := []scene{
		{name: "straight success"},
		{name: "an effect behind an error", plays: map[place][]play{action("pay"): {hiddenEffect()}}},
		{name: "retries used up", plays: map[place][]play{action("ship"): {forEver(failure())}}},
		{name: "retries used up, each with its effect", plays: map[place][]play{action("tell"): {forEver(hiddenEffect())}}},
		{name: "panic", plays: map[place][]play{action("pay"): {{end: panics, unmet: true}, {end: panics}}}},
		{name: "panics until retries are used up", plays: map[place][]play{action("ship"): {forEver(play{end: panics})}}},
		{name: "timeout", plays: map[place][]play{action("pay"): {lost(), unheard()}}},
		{name: "timeouts until retries are used up", plays: map[place][]play{action("pay"): {forEver(lost())}}},
		{name: "timeout, then late success", plays: map[place][]play{action("pay"): {late(90*time.Second, succeeds)}}},
		{name: "timeout, then a late refusal", plays: map[place][]play{action("pay"): {late(90*time.Second, refuses)}}},
		{name: "timeout, then a refusal", plays: map[place][]play{action("pay"): {lost(), refusal()}}},
		{
			name:  "the last attempt succeeds late, when the saga has turned round",
			plays: map[place][]play{action("ship"): {failure(), failure(), late(90*time.Second, succeeds)}},
		},
		{
			name:  "an attempt that goes on and on parks the saga, and is redriven",
			plays: map[place][]play{action("ship"): {late(150*time.Second, succeeds)}}, acts: redriven(10 * time.Minute),
		},
		{
			name: "the limit of all attempts ends them", steps: slowly(),
			plays: map[place][]play{action("pay"): {forEver(unheard())}},
		},
	}
	for _, step := range fourCompensable() {
		all = append(all, scene{
			name: "refusal at each step", plays: map[place][]play{action(step.name): {refusal()}},
		})
	}
	return all
}

func scenesOfCompensations() []scene {
	back := func(name string, of place, plays ...play) scene {
		return scene{
			name: name, plays: map[place][]play{action("tell"): {refusal()}, of: plays}, acts: redriven(time.Hour),
		}
	}
	pay := compensation("pay")
	return []scene{
		back("a compensation fails, then works", pay, failure()),
		back("a compensation works behind an error", pay, hiddenEffect()),
		back("a compensation panics, then works", pay, play{end: panics}),
		back("a compensation times out, then works", pay, lost()),
		back("a compensation succeeds late", pay, late(90*time.Second, succeeds)),
		back("a compensation parks, and is redriven", pay, failure(), failure(), failure()),
		back("a compensation is refused, and is redriven", pay, play{end: refuses, unmet: true}),
		back("a compensation that goes on and on parks, and is redriven", pay, late(150*time.Second, succeeds)),
		{
			name: "a compensation that parks twice", acts: redriven(time.Hour, 2*time.Hour),
			plays: map[place][]play{
				action("ship"): {refusal()}, compensation("reserve"): {failure(), failure(), failure(), failure(), failure(), failure()},
			},
		},
		{
			name:  "nothing to compensate",
			plays: map[place][]play{action("pay"): {forEver(unheard())}},
		},
		{
			name: "an action that may have happened is compensated without its result",
			plays: map[place][]play{
				action("ship"): {forEver(lost())}, compensation("ship"): {unheard()},
			},
		},
	}
}

func scenesOfPivots() []scene {
	with := func(name string, plays map[place][]play, redrives ...time.Duration) scene {
		return scene{name: name, steps: aroundThePivot(), plays: plays, acts: redriven(redrives...)}
	}
	buy, mail := action("buy"), action("mail")
	return []scene{
		with("past the pivot", nil),
		with("a refusal at the pivot", map[place][]play{buy: {refusal()}}),
		with("a refusal at a step that is compensated on failure", map[place][]play{action("hold"): {refusal()}}),
		with("a refusal at a step without effects", map[place][]play{action("look"): {refusal()}}),
		with("a step without effects fails, then works", map[place][]play{action("look"): {failure(), lost()}}),
		with("the pivot is asked again", map[place][]play{buy: {lost(), failure()}}),
		with("the pivot is unknown, and is redriven", map[place][]play{buy: {failure(), lost(), failure()}}, time.Hour),
		with("an unknown pivot is refused, and is redriven", map[place][]play{
			buy: {lost(), {end: refuses}},
		}, time.Hour),
		with("a retriable step after the pivot", map[place][]play{mail: {failure(), hiddenEffect()}}),
		with("a retriable step parks, and is redriven", map[place][]play{mail: {failure(), failure(), failure()}}, time.Hour),
		with("a retriable step is refused, and is redriven", map[place][]play{mail: {{end: refuses, unmet: true}}}, time.Hour),
	}
}

// voyages are what crashes are tried on.
func voyages() []scene {
	return []scene{
		{name: "forwards"},
		{name: "forwards with a retry", plays: map[place][]play{action("pay"): {hiddenEffect()}}},
		{name: "there and back", plays: map[place][]play{
			action("tell"): {forEver(hiddenEffect())}, compensation("pay"): {failure()},
		}},
		{name: "past a pivot that is asked again", steps: aroundThePivot(), plays: map[place][]play{action("buy"): {lost()}}},
		{name: "back from the pivot", steps: aroundThePivot(), plays: map[place][]play{action("buy"): {refusal()}}},
	}
}

func scenesOfCrashes() []scene {
	var all []scene
	for _, fault := range []storeFault{crashBefore, crashAfter} {
		for _, voyage := range voyages() {
			if voyage.steps == nil {
				voyage.steps = fourCompensable()
			}
			calm, err := onHeap(&voyage, nil)
			if err != nil {
				panic(err) // it is the first that the scenes of actions would show
			}
			for at := 1; at <= calm.appends; at++ {
				s := voyage
				s.name = fmt.Sprintf("%s, %s", voyage.name, fault)
				s.slips = []slip{{at: at, fault: fault}}
				s.acts = redriven(time.Hour)
				all = append(all, s)
			}
		}
	}
	return all
}
