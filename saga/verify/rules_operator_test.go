package verify_test

import (
	"time"

	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

const cancelled = "cancelled by ann: not wanted"

func (s *story) cancels() *story {
	s.reason = cancelled
	return s.add(saga.SagaCancelRequested{Actor: "ann", Reason: "not wanted"})
}

func (s *story) turnsCancelled(plan ...string) *story {
	return s.add(saga.CompensationRequested{Reason: cancelled, Plan: append([]string{}, plan...)})
}

func (s *story) pauses() *story { return s.add(saga.SagaPaused{Actor: "ann", Reason: "stand still"}) }

func (s *story) resumes() *story { return s.add(saga.SagaResumed{Actor: "ann", Reason: "go on"}) }

func (s *story) extends(by time.Duration) *story {
	return s.add(saga.DeadlineExtended{Deadline: s.now.Add(by), Actor: "ann", Reason: "it takes longer"})
}

func (s *story) changes(step string, attempts int, initial int64) *story {
	return s.add(saga.RetryPolicyChanged{Step: step, Actor: "ann", Reason: "the bank is slow", Retry: saga.PlannedRetry{
		InitialIntervalMS: initial, BackoffCoefficient: 2, MaximumIntervalMS: 60_000, MaximumAttempts: attempts,
	}})
}

func (s *story) terminates(undone ...string) *story {
	return s.add(saga.SagaTerminated{Actor: "ann", Reason: "hopeless", Undone: append([]string{}, undone...)})
}

func ofOperators() map[string][]breach {
	return map[string][]breach{
		"G21": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).cancels().turnsCancelled() }, "G18"),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).cancels().cancels() }),
			told(func(t rapid.TB) *story {
				return tell(t, gate()).does("a", 1).did("a", 1).does("p", 1).did("p", 1).does("r", 1).cancels()
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).refused("b", 1).turns("b", "a").cancels()
			}),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).cancels().did("a", 1).does("b", 1) }, "G18"),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).cancels().did("a", 1).add(saga.CompensationRequested{
					FailedStep: "b", Reason: "step b: ", Plan: []string{"a"},
				})
			}),
		},
		"G10": {
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).did("a", 1).turnsCancelled("a")
			}),
		},
		"G17": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).terminates("a") }),
		},
		"G18": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).cancels().did("a", 1) }),
		},
		"G19": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).extends(-time.Second) }),
			told(func(t rapid.TB) *story { return bothDone(t).extends(time.Hour) }),
		},
		"G20": {
			told(func(t rapid.TB) *story { return tell(t, pair()).pauses().does("a", 1) }),
			told(func(t rapid.TB) *story { return tell(t, pair()).pauses().pauses() }),
			told(func(t rapid.TB) *story { return tell(t, pair()).pauses().resumes().resumes() }),
			told(func(t rapid.TB) *story { return tell(t, pair()).add(saga.SagaPaused{Actor: "ann"}) }),
			told(func(t rapid.TB) *story { return tell(t, pair()).pauses().add(saga.SagaResumed{Reason: "r"}) }),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).pauses().failed("a", 1).retry("a", 2, 10*time.Second)
			}, "G8"),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).pauses().refused("a", 1).turns("a") }, "G10"),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).pauses().did("b", 1).completes()
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).pauses().parks("a", saga.Action, saga.ParkedStillRunning, 1, "")
			}),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).add(saga.SagaCancelRequested{Actor: "ann"})
			}),
			told(func(t rapid.TB) *story {
				seen := int64(0)
				return tell(t, pair()).does("a", 1).add(
					saga.SagaTerminated{Actor: "ann", Reason: "r", SeenRevision: &seen, Undone: []string{"a"}})
			}),
		},
	}
}

func ofPolicies() map[string][]breach {
	return map[string][]breach{
		"G6": {
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).failed("a", 1).pauses().changes("a", 1, 1000)
			}, "G18"),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).did("a", 1).changes("a", 5, 1000) }),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).pauses().refused("a", 1).changes("a", 5, 1000)
			}),
		},
		"G8": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).changes("a", 5, 0) }),
		},
		"G3": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).changes("nowhere", 5, 1000) }),
		},
	}
}
