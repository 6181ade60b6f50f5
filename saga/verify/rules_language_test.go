package verify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// both is a pair whose branches run.
func both(t rapid.TB) *story { return tell(t, fork(0)).does("a", 1).does("b", 1) }

// asked is a pair that waits for a signal, for ever or not.
func asked(t rapid.TB, limit time.Duration, fallback ...string) *story {
	o := saga.AwaitOptions[string]{Timeout: limit}
	if len(fallback) > 0 {
		o.Default = &fallback[0]
	}
	return tell(t, asking(o)).does("a", 1).did("a", 1).awaits("w", 1, limit)
}

// pastDue is a pair past its deadline, its second step running.
func pastDue(t rapid.TB) *story {
	return tell(t, due()).does("a", 1).did("a", 1).does("b", 1).later(5 * time.Minute)
}

func TestStoriesWithBranchesWaitsAndDeadlinesAreSound(t *testing.T) {
	for name, s := range map[string]*story{
		"branches are joined": both(t).did("b", 1).did("a", 1).does("c", 1).did("c", 1).completes(),
		"a branch is given up": both(t).refused("b", 1).giveUp("b").failed("a", 1).turns("b", "a").
			undoes("a", 1, false).undid("a", 1).fails("b"),
		"a signal ends a wait": asked(t, 0).later(time.Hour).signal("1", `"go"`).heard("w", "1", `"go"`).does("b", 1).did("b", 1).completes(),
		"a signal comes early": tell(t, asking(saga.AwaitOptions[string]{})).signal("1", `"go"`).does("a", 1).did("a", 1).
			awaits("w", 1, 0).heard("w", "1", `"go"`).does("b", 1),
		"a wait lapses":                     asked(t, time.Minute, "no").later(time.Minute).lapses("w", `"no"`).does("b", 1),
		"a wait fails":                      asked(t, time.Minute).later(time.Minute).timesOut("w").turnsLapsed("a").undoes("a", 1, true),
		"a deadline turns a saga round":     pastDue(t).overdue().failed("b", 1).turnsOverdue("b", "a").undoes("b", 1, false),
		"a deadline passes with an outcome": pastDue(t).failed("b", 1).overdue().turnsOverdue("b", "a"),
	} {
		t.Run(name, func(t *testing.T) {
			log := s.done()
			accept(t, log)
			require.NoError(t, check(t, log, verify.Config{Replay: true}).Err())
		})
	}
}

func (s *story) turnsLapsed(plan ...string) *story {
	s.reason = "step w: timed out"
	return s.add(saga.CompensationRequested{FailedStep: "w", Reason: s.reason, Plan: append([]string{}, plan...)})
}

func ofBranches() map[string][]breach {
	started := func(change func(plan *saga.Plan)) breach {
		return told(func(t rapid.TB) *story {
			s := newPen(t).story(fork(0), "1")
			b := s.beginning()
			change(b.Plan)
			b.DefinitionHash = saga.DefinitionHash(b.Name, b.Version, b.Plan)
			return s.add(b)
		})
	}
	return map[string][]breach{
		"G3": {
			started(func(plan *saga.Plan) { plan.Groups = nil }),
			started(func(plan *saga.Plan) { plan.Groups[0].Name = "c" }),
			started(func(plan *saga.Plan) { plan.Groups = append(plan.Groups, saga.PlannedGroup{Name: "more"}) }),
			started(func(plan *saga.Plan) { plan.Steps[2].Kind, plan.Steps[2].Compensation = saga.KindAwait, nil }),
			started(func(plan *saga.Plan) {
				plan.Steps[1].Kind, plan.Steps[1].Compensation = saga.KindRetriable, nil
				plan.Steps[2].Kind, plan.Steps[2].Compensation = saga.KindRetriable, nil
			}),
		},
		"G5": {told(func(t rapid.TB) *story { return both(t).did("a", 1).does("c", 1) })},
		"G10": {
			told(func(t rapid.TB) *story { return both(t).refused("b", 1).turns("b") }, "G18"),
			told(func(t rapid.TB) *story { return both(t).failed("b", 1).giveUp("b") }),
			told(func(t rapid.TB) *story { return both(t).giveUp("b") }),
			told(func(t rapid.TB) *story { return tell(t, fork(0)).does("a", 1).refused("a", 1).giveUp("a") }),
			told(func(t rapid.TB) *story { return both(t).refused("b", 1).giveUp("b").refused("a", 1).turns("a") }, "G18"),
			told(func(t rapid.TB) *story { return pastDue(t).did("b", 1).turnsOverdue("b", "a") }, "G18"),
		},
		"G11": {told(func(t rapid.TB) *story {
			return tell(t, three()).does("a", 1).does("b", 1).refused("b", 1).giveUp("b").does("c", 1)
		})},
		"G12": {told(func(t rapid.TB) *story { return both(t).refused("b", 1).giveUp("b").did("a", 1).turns("b") }, "G18")},
		"G13": {told(func(t rapid.TB) *story {
			s := both(t).failed("b", 1).retry("b", 2, 10*time.Second).did("a", 1).later(10 * time.Second)
			return s.does("b", 2).refused("b", 2).turns("b", "a", "b")
		})},
		"G18": {told(func(t rapid.TB) *story { return both(t).refused("b", 1).giveUp("b").did("a", 1) })},
		"G26": {
			told(func(t rapid.TB) *story { return tell(t, fork(1)).does("a", 1).does("b", 1) }),
			told(func(t rapid.TB) *story { return tell(t, fork(0)).does("b", 1) }),
		},
	}
}

func ofWaits() map[string][]breach {
	return map[string][]breach{
		"G18": {
			told(func(t rapid.TB) *story { return tell(t, asking(saga.AwaitOptions[string]{})).does("a", 1).did("a", 1) }),
			told(func(t rapid.TB) *story { return asked(t, 0).signal("1", "1") }),
		},
		"G19": {told(func(t rapid.TB) *story {
			return tell(t, asking(saga.AwaitOptions[string]{})).does("a", 1).did("a", 1).awaits("w", 1, time.Minute)
		})},
		"G27": {
			told(func(t rapid.TB) *story { return asked(t, 0).signal("1", "1").heard("w", "1", "1").signal("1", "1") }),
			told(func(t rapid.TB) *story { return asked(t, 0).add(saga.SignalReceived{ID: "1", Name: "no"}) }),
			told(func(t rapid.TB) *story { return asked(t, 0).signal("1", "1").heard("w", "1", "1").signal("", "1") }),
			told(func(t rapid.TB) *story { return asked(t, 0).signal("1", "1").heard("w", "1", "2") }),
			told(func(t rapid.TB) *story { return asked(t, 0).signal("1", "1").heard("w", "2", "1") }),
			told(func(t rapid.TB) *story { return asked(t, 0).heard("w", "1", "1") }),
			told(func(t rapid.TB) *story { return asked(t, 0).did("w", 1) }),
			told(func(t rapid.TB) *story { return asked(t, 0).failed("w", 1).turns("w", "a") }),
			told(func(t rapid.TB) *story { return asked(t, 0).lost("w", 1) }, "G18"),
			told(func(t rapid.TB) *story { return asked(t, time.Minute, "no").lapses("w", `"no"`) }),
			told(func(t rapid.TB) *story { return asked(t, time.Minute, "no").later(time.Minute).lapses("w", `"yes"`) }),
			told(func(t rapid.TB) *story { return asked(t, time.Minute).later(time.Minute).lapses("w", `"no"`) }),
			told(func(t rapid.TB) *story {
				return asked(t, time.Minute, "no").later(time.Minute).timesOut("w").turnsLapsed("a")
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).add(saga.StepCompleted{Step: "a", Attempt: 1, Lapsed: true})
			}),
		},
	}
}

func ofDeadlines() map[string][]breach {
	return map[string][]breach{
		"G18": {told(func(t rapid.TB) *story { return pastDue(t).failed("b", 1).retry("b", 2, 10*time.Second) })},
		"G19": {told(func(t rapid.TB) *story {
			s := newPen(t).story(due(), "1")
			b := s.beginning()
			b.Deadline = time.Time{}
			return s.add(b)
		})},
		"G21": {told(func(t rapid.TB) *story { return pastDue(t).overdue().cancels() })},
		"G28": {
			told(func(t rapid.TB) *story { return tell(t, due()).does("a", 1).overdue() }),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).later(5 * time.Minute).overdue() }),
			told(func(t rapid.TB) *story { return pastDue(t).overdue().overdue() }),
			told(func(t rapid.TB) *story {
				return tell(t, due()).does("a", 1).did("a", 1).skips("b").later(5 * time.Minute).completes()
			}),
			told(func(t rapid.TB) *story { return tell(t, due()).later(5*time.Minute).does("a", 1) }),
		},
	}
}
