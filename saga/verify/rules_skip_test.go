package verify_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

func TestG5ASagaWithASkippedStepKeepsTheRules(t *testing.T) {
	for name, s := range map[string]*story{
		"that has not begun": tell(t, pair()).skips("a").does("b", 1).did("b", 1).completes(),
		"and is not undone":  tell(t, pair()).skips("a").does("b", 1).refused("b", 1).turns("b").fails("b"),
		"that may have happened, and is undone": tell(t, pair()).does("a", 1).failed("a", 1).retry("a", 2, 10*time.Second).skips("a").
			does("b", 1).refused("b", 1).turns("b", "a").undoes("a", 1, false).undid("a", 1).fails("b"),
		"that it was parked at": stuck(t, 0).skips("a").does("b", 1).did("b", 1).completes(),
		"that is a pivot":       tell(t, gate()).does("a", 1).did("a", 1).skips("p").does("r", 1).did("r", 1).completes(),
	} {
		t.Run(name, func(t *testing.T) { accept(t, s.done()) })
	}
}

func ofSkips() map[string][]breach {
	return map[string][]breach{
		"G5": {
			told(func(t rapid.TB) *story { return tell(t, pair()).skips("b") }),
			told(func(t rapid.TB) *story { return tell(t, pair()).skips("a").skips("a") }),
			told(func(t rapid.TB) *story { return tell(t, pair()).skips("a").does("a", 1) }),
		},
		"G6": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).skips("a") }),
		},
		"G20": {
			told(func(t rapid.TB) *story {
				return tell(t, pair()).add(saga.StepSkipped{Step: "a", Actor: "ann", Reason: "r", SeenRevision: 7})
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).add(saga.StepSkipped{Step: "a", Actor: "ann"})
			}),
		},
		"G21": {
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).refused("b", 1).turns("b", "a").skips("b")
			}),
			told(func(t rapid.TB) *story {
				return tell(t, gate()).does("a", 1).did("a", 1).skips("p").cancels()
			}),
		},
		"G12": {
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).failed("a", 1).retry("a", 2, 10*time.Second).skips("a").
					does("b", 1).refused("b", 1).turns("b")
			}, "G18"),
		},
	}
}
