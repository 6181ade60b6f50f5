package sagatest

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// What scenes are made of that have more than one step after the other.

func (s *scene) beside() bool {
	return slices.ContainsFunc(s.steps, func(one sketch) bool { return one.group != "" })
}

// steps are those of sketches over these actors.
func (a *actors) steps(sketches []sketch) (steps []saga.Step[parcel]) {
	for len(sketches) > 0 {
		s, many := sketches[0], 1
		for s.group != "" && many < len(sketches) && sketches[many].group == s.group {
			many++
		}
		if s.group == "" {
			steps = append(steps, a.step(s))
		} else {
			var branches []saga.Step[parcel]
			for _, branch := range sketches[:many] {
				branches = append(branches, a.step(branch))
			}
			steps = append(steps, saga.Parallel(s.group, branches...))
		}
		sketches = sketches[many:]
	}
	return steps
}

func (a *actors) step(s sketch) saga.Step[parcel] {
	var step saga.Step[parcel]
	switch s.kind {
	case saga.KindCompensable:
		step = saga.Compensable(s.name, a.do, a.undo, s.options)
	case saga.KindReadOnly:
		step = saga.ReadOnly(s.name, a.look, s.options)
	case saga.KindPivot:
		step = saga.Pivot(s.name, a.do, s.options)
	case saga.KindRetriable:
		step = saga.Retriable(s.name, a.do, s.options)
	case saga.KindAwait:
		step = saga.Await[parcel](s.name, saga.AwaitOptions[string]{Signal: "approval", Timeout: s.wait})
	case saga.KindChild:
		step = saga.Child(s.name, s.starts, a.data, saga.ChildOptions[parcel]{UndoSaga: "Undo", UndoData: a.undoData})
	}
	if s.probe {
		step = saga.WithProbe(step, a.ask)
	}
	return step
}

// data is what a child is started with.
func (a *actors) data(ctx context.Context, call saga.Call[parcel]) (parcel, error) {
	return parcel{call.Data.Item + " within " + call.Step}, a.end(ctx, a.begin(call, saga.Action))
}

func (a *actors) undoData(ctx context.Context, call saga.Call[parcel]) (any, error) {
	return call.Data, a.end(ctx, a.begin(call, saga.Compensation))
}

// ask answers at once what the books say.
func (a *actors) ask(_ context.Context, call saga.Call[parcel]) (string, bool, error) {
	if a.waits {
		a.note(saga.Ref{Name: call.SagaName, ID: call.SagaID}, action(call.Step), call.Attempt)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return Ask[string](a.ledger, call)
}

// known reports whether an attempt was noted when its probe was asked.
func (a *actors) known(call saga.Call[parcel], d saga.Direction) bool {
	for _, s := range a.scene.steps {
		if s.name == call.Step && s.probe && d == saga.Action {
			return call.Attempt > 1
		}
	}
	return false
}

// children are the definitions of the sagas that others start.
func (a *actors) children() (list []ChildDefinition) {
	for _, name := range slices.Sorted(maps.Keys(a.scene.children)) {
		list = append(list, ChildOf(a.child(name)))
	}
	return list
}

func (a *actors) child(name string) saga.Definition[parcel] {
	return saga.Definition[parcel]{Name: name, Version: 1, Steps: a.steps(a.scene.children[name])}
}

func (a *actors) definitions(version int) []saga.AnyDefinition {
	list := []saga.AnyDefinition{a.definition(version)}
	for _, name := range slices.Sorted(maps.Keys(a.scene.children)) {
		list = append(list, a.child(name))
	}
	return list
}

func (a *actors) program(version int) program {
	p := programOf(a.definition(version))
	for _, child := range a.children() {
		p.add(child, 0)
	}
	return p
}

func scenesOfProbes() []scene {
	steps := fourCompensable()
	steps[1].probe = true
	with := func(name string, plays ...play) scene {
		return scene{name: name, steps: steps, plays: map[place][]play{action("pay"): plays}}
	}
	return []scene{
		with("a probe finds an effect whose answer was lost", lost()),
		with("a probe finds an effect behind an error", hiddenEffect()),
		with("a probe finds nothing, and the action runs again", unheard(), failure()),
		with("a probe is asked last, and finds nothing", failure(), unheard(), failure()),
	}
}

func scenesOfGroups() []scene {
	steps := fourCompensable()
	steps[1].group, steps[2].group = "both", "both"
	apart := func(name string, pay, ship play) scene {
		return scene{name: name, steps: steps, plays: map[place][]play{action("pay"): {pay}, action("ship"): {ship}}}
	}
	second, longer := late(time.Second, succeeds), late(5*time.Second, succeeds)
	crash := scene{
		name: "branches are taken over after a crash", steps: steps, slips: []slip{{at: 2, fault: crashAfter}},
		plays: map[place][]play{action("pay"): {longer, second}, action("ship"): {longer, longer}},
	}
	return []scene{
		apart("branches side by side", second, longer), crash,
		apart("a branch is refused while another runs", play{end: refuses, takes: time.Second, unmet: true, always: true}, longer),
		apart("a branch is retried while another runs", play{end: fails, takes: time.Second, unmet: true}, longer),
		{name: "what ran side by side is compensated", steps: steps, plays: map[place][]play{
			action("pay"): {second}, action("ship"): {longer}, action("tell"): {refusal()},
		}},
	}
}

func scenesOfWaits() []scene {
	steps := fourCompensable()
	endless, limited := slices.Clone(steps), slices.Clone(steps)
	endless[1] = sketch{name: "wait", kind: saga.KindAwait}
	limited[1] = sketch{name: "wait", kind: saga.KindAwait, wait: time.Hour}
	start := act{at: 10 * time.Millisecond, do: starts}
	signal := func(at time.Duration, id string) act { return act{at: at, do: signals, item: id} }
	slow := map[place][]play{action("pay"): {late(50*time.Second, succeeds)}}
	return []scene{
		{name: "a signal is waited for", steps: endless, acts: []act{start, signal(time.Hour, "a")}},
		{name: "a signal comes twice, and another", steps: endless, plays: map[place][]play{
			action("ship"): {late(10*time.Second, succeeds)},
		}, acts: []act{
			start, signal(time.Hour, "a"), signal(time.Hour+time.Second, "a"), signal(time.Hour+2*time.Second, "b"),
		}},
		{name: "a signal comes before its wait", steps: limited, plays: map[place][]play{
			action("reserve"): {late(10*time.Second, succeeds)},
		}, acts: []act{start, signal(time.Second, "a")}},
		{name: "a wait lapses", steps: limited, acts: []act{start}},
		{name: "a wait is cancelled", steps: endless, acts: []act{start, {at: time.Minute, do: cancels}}},
		{name: "a wait outlives a stop", steps: limited, acts: []act{start, {at: time.Minute, do: stops}, signal(10*time.Minute, "a")}},
		{name: "a wait lapses while nobody runs", steps: limited, acts: []act{start},
			slips: []slip{{at: 2, fault: crashAfter, away: 2 * time.Hour}}},
		{name: "the deadline of a saga passes while it waits", steps: endless, deadline: 30 * time.Minute, acts: []act{start}},
		{name: "the deadline of a saga passes during an attempt", deadline: 30 * time.Second, plays: slow, acts: []act{start}},
		{name: "the deadline of a saga passes while nobody runs", deadline: 30 * time.Minute, acts: []act{start},
			slips: []slip{{at: 3, fault: crashAfter, away: time.Hour}}},
	}
}

func scenesOfPauses() []scene {
	start := act{at: 10 * time.Millisecond, do: starts}
	paused := func(from, to time.Duration, more ...act) []act {
		return append([]act{start, {at: from, do: pauses}, {at: to, do: resumes}}, more...)
	}
	slow := map[place][]play{action("pay"): {late(10*time.Second, succeeds)}}
	return []scene{
		{name: "a pause during an attempt", plays: slow, acts: paused(time.Second, time.Hour)},
		{name: "a pause while a retry is due", plays: map[place][]play{action("pay"): {failure(), failure()}},
			acts: paused(500*time.Millisecond, time.Hour)},
		{name: "a pause during an attempt that fails", plays: map[place][]play{action("pay"): {late(10*time.Second, refuses)}},
			acts: paused(time.Second, time.Hour)},
		{name: "a cancellation ends a pause", plays: slow, acts: []act{start, {at: time.Second, do: pauses}, {at: time.Hour, do: cancels}}},
	}
}

func scenesOfChildren() []scene {
	steps, own := fourCompensable(), fourCompensable()
	steps[1] = sketch{name: "send", kind: saga.KindChild, starts: "Small"}
	pack, carry := own[0], own[1]
	pack.name, carry.name = "pack", "carry"
	small := map[string][]sketch{
		"Small": {pack, carry}, "Undo": {{name: "collect", kind: saga.KindRetriable, options: saga.StepOptions{Timeout: time.Minute}}},
	}
	with := func(name string, plays map[place][]play, slips []slip, more ...act) scene {
		return scene{
			name: name, steps: steps, children: small, plays: plays, slips: slips,
			acts: append([]act{{at: 10 * time.Millisecond, do: starts}}, more...),
		}
	}
	slow := map[place][]play{action("carry"): {late(10*time.Second, succeeds)}}
	all := []scene{
		with("a child completes", nil, nil), with("a child takes its time", slow, nil),
		with("a child fails", map[place][]play{action("carry"): {refusal()}}, nil),
		with("a completed child is undone by another saga", map[place][]play{action("tell"): {refusal()}}, nil),
		with("a parent is cancelled while its child runs", slow, nil, act{at: 5 * time.Second, do: cancels}),
		with("a parent is paused while its child runs", slow, nil, act{at: 5 * time.Second, do: pauses}, act{at: time.Hour, do: resumes}),
		with("an orchestrator is stopped while a child runs", slow, nil, act{at: 5 * time.Second, do: stops}),
	}
	for at := 2; at <= 6; at++ {
		for _, fault := range []storeFault{crashBefore, crashAfter, refuseCall, timedOutDone} {
			all = append(all, with("a child and its parent, "+string(fault), slow, []slip{{at: at, fault: fault}}))
		}
	}
	return all
}
