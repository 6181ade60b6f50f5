package verify_test

import (
	"time"

	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

func ofForward() map[string][]breach {
	return map[string][]breach{
		"G1": {
			told(func(t rapid.TB) *story { return newPen(t).story(pair(), "1").does("a", 1) }),
			told(func(t rapid.TB) *story { return tell(t, pair()).started() }),
		},
		"G2": {told(func(t rapid.TB) *story { return happy(t).does("a", 2) })},
		"G3": {told(func(t rapid.TB) *story {
			s := newPen(t).story(pair(), "1")
			b := s.beginning()
			b.DefinitionHash = "0"
			return s.add(b)
		}), told(func(t rapid.TB) *story { return tell(t, pair()).does("z", 1) }), told(func(t rapid.TB) *story {
			s := newPen(t).story(gate(), "1")
			b := s.beginning()
			b.Plan.Steps[2].Kind = saga.KindPivot
			b.Plan.Steps[2].Action.TimeoutMS = 0
			b.DefinitionHash = saga.DefinitionHash(b.Name, b.Version, b.Plan)
			return s.add(b)
		}), told(func(t rapid.TB) *story {
			return tell(t, pair()).does("a", 1).refused("a", 1).turns("z")
		}), told(func(t rapid.TB) *story {
			return tell(t, pair()).does("a", 1).refused("a", 1).turns("a", "z").fails("a")
		})},
		"G4": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).did("a", 2) }),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).lost("a", 1).lost("a", 1) }),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).late("a", 1) }),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).failed("a", 1).retry("a", 2, 10*time.Second).late("a", 1)
			}),
		},
		"G5": {told(func(t rapid.TB) *story { return tell(t, pair()).does("b", 1) })},
	}
}

func ofAttempts() map[string][]breach {
	return map[string][]breach{
		"G6": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 2) }),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).parks("a", saga.Action, saga.ParkedStillRunning, 1, "").
					redriven("a", saga.Action).does("a", 2)
			}),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).does("a", 2) }),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).exhausts("a").retry("a", 3, 20*time.Second)
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).refused("a", 1).retry("a", 2, 10*time.Second)
			}),
		},
		"G7": {
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).lost("a", 1).does("a", 2).did("a", 2).late("a", 1)
			}),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).did("a", 1).does("a", 2) }, "G6"),
		},
	}
}

func ofRetries() map[string][]breach {
	return map[string][]breach{
		"G8": {
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).failed("a", 1).retry("a", 2, 7*time.Second)
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).failed("a", 1).retry("a", 2, 10*time.Second+5*time.Millisecond)
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).failed("a", 1).retry("a", 3, 10*time.Second)
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).lost("a", 1).retry("a", 2, 10*time.Second)
			}),
			told(func(t rapid.TB) *story {
				s := tell(t, hurried()).hurry("a", 1, noon)
				s.pass(59 * time.Second)
				return s.failed("a", 1).retry("a", 2, 10*time.Second)
			}),
		},
		"G9": {told(func(t rapid.TB) *story {
			s := tell(t, pair())
			a := s.attempt("a", 1, saga.Action)
			a.Key += "/1"
			return s.add(saga.StepStarted{AttemptStarted: a})
		})},
		"G19": {told(func(t rapid.TB) *story {
			s := tell(t, pair())
			a := s.attempt("a", 1, saga.Action)
			a.Deadline = a.Deadline.Add(time.Second)
			return s.add(saga.StepStarted{AttemptStarted: a})
		}), told(func(t rapid.TB) *story {
			s := tell(t, pair())
			a := s.attempt("a", 1, saga.Action)
			a.TotalDeadline = a.Deadline
			return s.add(saga.StepStarted{AttemptStarted: a})
		}), told(func(t rapid.TB) *story {
			s := tell(t, hurried()).hurry("a", 1, noon).lost("a", 1)
			s.pass(65 * time.Second)
			return s.hurry("a", 2, noon)
		})},
		"G22": {told(func(t rapid.TB) *story {
			s := newPen(t).story(pair(), "1")
			b := s.beginning()
			b.ID = "2"
			return s.add(b)
		})},
	}
}
