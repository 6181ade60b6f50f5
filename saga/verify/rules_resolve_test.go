package verify_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

// halfUndone is a pair whose second step was refused, and whose first cannot be undone.
func halfUndone(t rapid.TB) *story {
	return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).refused("b", 1).turns("b", "a").
		undoes("a", 1, true).undoRefused("a", 1).parks("a", saga.Compensation, saga.ParkedPermanentError, 1, "no")
}

func TestG20ASagaThatIsResolvedKeepsTheRules(t *testing.T) {
	for name, s := range map[string]*story{
		"an action":                     stuck(t, 0).resolves("a", saga.Action).does("b", 1).did("b", 1).completes(),
		"an action, undone in its turn": stuck(t, 0).resolves("a", saga.Action).does("b", 1).refused("b", 1).turns("b", "a").undoes("a", 1, true).undid("a", 1).fails("b"),
		"a compensation":                halfUndone(t).resolves("a", saga.Compensation).fails("b"),
		"a late success": overlooked(t).parks("b", saga.Compensation, saga.ParkedLateSuccess, 1, "").
			resolves("b", saga.Compensation).undid("a", 1).fails("b"),
	} {
		t.Run(name, func(t *testing.T) { accept(t, s.done()) })
	}
}

func ofResolutions() map[string][]breach {
	resolved := func(change func(*saga.StepResolved)) func(t rapid.TB) *story {
		return func(t rapid.TB) *story {
			s := stuck(t, 0)
			e := saga.StepResolved{Step: "a", Actor: "ann", Reason: "they said so", SeenRevision: s.length - 1}
			change(&e)
			return s.add(e)
		}
	}
	return map[string][]breach{
		"G20": {
			told(resolved(func(e *saga.StepResolved) { e.Actor = "" })),
			told(resolved(func(e *saga.StepResolved) { e.Reason = "" })),
			told(resolved(func(e *saga.StepResolved) { e.SeenRevision = 7 })),
			told(resolved(func(e *saga.StepResolved) { e.Step = "b" })),
			told(func(t rapid.TB) *story { return tell(t, pair()).resolves("a", saga.Action) }),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).parks("a", saga.Action, saga.ParkedStillRunning, 1, "").resolves("a", saga.Action)
			}),
			told(func(t rapid.TB) *story {
				s := halfUndone(t)
				return s.add(saga.StepResolved{
					Step: "a", Direction: saga.Compensation, Actor: "ann", Reason: "they said so", SeenRevision: s.length - 1,
				})
			}),
		},
		"G7": {
			told(func(t rapid.TB) *story { return stuck(t, 0).resolves("a", saga.Action).does("a", 1) }),
		},
		"G14": {
			told(func(t rapid.TB) *story { return halfUndone(t).resolves("a", saga.Compensation).undoes("a", 2, true) }, "G15"),
		},
		"G17": {
			told(func(t rapid.TB) *story { return stuck(t, 0).resolves("a", saga.Action).completes() }),
		},
		"G12": {
			told(func(t rapid.TB) *story {
				return stuck(t, 0).resolves("a", saga.Action).does("b", 1).refused("b", 1).turns("b")
			}, "G18"),
		},
	}
}
