package verify_test

import (
	"time"

	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

func ofBackward() map[string][]breach {
	return map[string][]breach{
		"G10": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).failed("a", 1).turns("a", "a") }),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).lost("a", 1).turns("a", "a") }),
			told(func(t rapid.TB) *story { return bothDone(t).turns("b", "b", "a") }),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).lost("a", 1).does("a", 2).did("a", 2).undoes("a", 1, true)
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).refused("b", 1).turns("a", "a")
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).lost("a", 1).add(
					saga.CompensationRequested{FailedStep: "a", Reason: "interrupted", Plan: []string{"a"}})
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).refused("a", 1).add(
					saga.CompensationRequested{FailedStep: "a", Reason: "x"}, saga.SagaFailed{FailedStep: "a", Reason: "x"})
			}),
		},
		"G11": {
			told(func(t rapid.TB) *story {
				return tell(t, pair()).exhausts("a").turns("a", "a").does("a", 3)
			}, "G6"),
			told(func(t rapid.TB) *story { return bothDone(t).retry("b", 3, 10*time.Second) }, "G8"),
		},
		"G12": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).refused("a", 1).turns("a", "a") }),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).refused("b", 1).turns("b").fails("b")
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).refused("b", 1).turns("b", "a").undoes("b", 1, false)
			}),
		},
		"G13": {
			told(func(t rapid.TB) *story { return bothDone(t).undoes("a", 1, true) }),
			told(func(t rapid.TB) *story { return bothDone(t).undoes("b", 1, true) }),
			told(func(t rapid.TB) *story { return bothDone(t).undoes("b", 1, false).undoes("a", 1, true) }),
			told(func(t rapid.TB) *story {
				s := tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).lost("b", 1).does("b", 2).refused("b", 2)
				return s.turns("b", "a", "b")
			}),
			told(func(t rapid.TB) *story {
				return bothDone(t).undoes("b", 1, false).parks("b", saga.Compensation, saga.ParkedStillRunning, 1, "").
					redriven("b", saga.Compensation).undoes("b", 2, false)
			}),
		},
	}
}

func ofCompensations() map[string][]breach {
	return map[string][]breach{
		"G14": {told(func(t rapid.TB) *story {
			return bothDone(t).undoes("b", 1, false).undid("b", 1).undoes("b", 2, false)
		}, "G15")},
		"G15": {
			told(func(t rapid.TB) *story {
				s := overlooked(t).parks("b", saga.Compensation, saga.ParkedLateSuccess, 1, "").undoRefused("a", 1).
					redriven("b", saga.Compensation)
				again := s.attempt("b", 2, saga.Compensation)
				again.Key += "/2"
				s.add(saga.CompensationStarted{AttemptStarted: again, ResultKnown: true})
				return s.undid("b", 2).undoes("a", 2, true)
			}),
			told(func(t rapid.TB) *story { return bothDone(t).undoes("b", 2, false) }),
			told(func(t rapid.TB) *story { return bothDone(t).undoes("b", 1, false).undid("b", 2) }),
			told(func(t rapid.TB) *story {
				s := bothDone(t).undoes("b", 1, false).undoFailed("b", 1)
				return s.add(saga.CompensationRetryScheduled{RetryScheduled: saga.RetryScheduled{
					Step: "b", Attempt: 2, Due: s.now.Add(11 * time.Second),
				}})
			}),
		},
		"G16": {
			told(func(t rapid.TB) *story {
				return tell(t, gate()).does("a", 1).did("a", 1).exhausts("p").turns("p", "a")
			}),
			told(func(t rapid.TB) *story {
				return tell(t, gate()).does("a", 1).did("a", 1).does("p", 1).did("p", 1).
					does("r", 1).refused("r", 1).turns("r", "a")
			}),
		},
	}
}

func ofEnds() map[string][]breach {
	return map[string][]breach{
		"G17": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).did("a", 1).completes() }),
			told(func(t rapid.TB) *story { return tell(t, pair()).fails("") }),
			told(func(t rapid.TB) *story { return bothDone(t).undoes("b", 1, false).undid("b", 1).fails("b") }),
			told(func(t rapid.TB) *story {
				return bothDone(t).undoes("b", 1, false).undid("b", 1).undoes("a", 1, true).fails("b")
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).refused("a", 1).turns("a").fails("b")
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).refused("a", 1).turns("a").completes()
			}),
			told(func(t rapid.TB) *story { return bothDone(t).late("b", 1).completes() }),
		},
		"G18": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).failed("a", 1) }),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).did("b", 1) }),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).refused("a", 1).turns("a") }),
			told(func(t rapid.TB) *story { return overlooked(t).undid("a", 1).fails("b") }, "G17"),
			told(func(t rapid.TB) *story {
				s := tell(t, pair())
				for n := range 5 {
					s.does("a", n+1).lost("a", n+1)
				}
				return s.does("a", 6)
			}, "G6"),
			told(func(t rapid.TB) *story { return bothDone(t).undoes("b", 1, false).undoFailed("b", 1) }),
		},
	}
}

func ofParking() map[string][]breach {
	return map[string][]breach{
		"G20": {
			told(func(t rapid.TB) *story {
				return tell(t, pair()).parks("a", saga.Action, saga.ParkedStepMissing, 0, "who knows")
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).
					parks("b", saga.Action, saga.ParkedStillRunning, 1, "").did("b", 1).completes()
			}),
			told(func(t rapid.TB) *story {
				s := tell(t, hurried()).hurry("a", 1, noon).parks("a", saga.Action, saga.ParkedStillRunning, 1, "").lost("a", 1)
				s.pass(time.Hour)
				return s.add(saga.CompensationRequested{FailedStep: "a", Reason: "interrupted", Plan: []string{"a"}})
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).lost("b", 1).does("b", 2).refused("b", 2).
					turns("b", "b", "a").undoes("b", 1, false).undid("b", 1).undoes("a", 1, true).
					parks("a", saga.Compensation, saga.ParkedStillRunning, 1, "").late("b", 1).
					redriven("a", saga.Compensation).undoLost("a", 1).undoes("a", 2, true)
			}, "G18"),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).failed("a", 1).parks("a", saga.Action, saga.ParkedRetriesUsedUp, 1, "no")
			}),
			told(func(t rapid.TB) *story { return tell(t, pair()).parks("a", saga.Action, "tired", 0, "") }),
			told(func(t rapid.TB) *story { return stuck(t, 0).does("a", 1) }),
			told(func(t rapid.TB) *story { return stuck(t, 1) }),
			told(func(t rapid.TB) *story { return stuck(t, 0).redriven("b", saga.Action) }),
			told(func(t rapid.TB) *story { return tell(t, pair()).redriven("a", saga.Action) }),
			told(func(t rapid.TB) *story { return stuck(t, 0).parks("a", saga.Action, saga.ParkedStepMissing, 0, "") }),
			told(func(t rapid.TB) *story {
				return stuck(t, 0).add(saga.StepRedriven{Step: "a", Actor: "ann", SeenRevision: 1})
			}),
			told(func(t rapid.TB) *story {
				return stuck(t, 0).add(saga.StepRedriven{Step: "a", Actor: "ann", Reason: "x", SeenRevision: 7})
			}),
			told(func(t rapid.TB) *story {
				return overlooked(t).parks("a", saga.Compensation, saga.ParkedStillRunning, 1, "").
					redriven("a", saga.Compensation)
			}),
		},
	}
}

// stuck is a pair that is parked at its first step.
func stuck(t rapid.TB, attempts int) *story {
	return tell(t, pair()).parks("a", saga.Action, saga.ParkedStepMissing, attempts, "")
}
