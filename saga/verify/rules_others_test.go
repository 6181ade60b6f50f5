package verify_test

import (
	"context"
	"iter"
	"strings"

	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

func ofIndexes() map[string][]breach {
	index := func(position eventstore.Position, chunk int, last bool, ids ...string) func(p *pen) {
		return func(p *pen) { p.chunk(position, chunk, last, ids...) }
	}
	record := func(write ...func(p *pen)) func(t rapid.TB) events {
		return func(t rapid.TB) events {
			s := tell(t, pair())
			for _, w := range write {
				w(s.pen)
			}
			return s.done()
		}
	}
	first := eventstore.NewPosition(1, 0)
	return map[string][]breach{
		"I1": {
			plain(record(index(first, 1, true, "1"))),
			plain(record(index(first, 0, false, "1"), index(first, 2, true))),
			plain(record(index(eventstore.NewPosition(2, 0), 0, true, "1"))),
			plain(record(func(p *pen) { p.raw("orchestrator-main", "Other", []byte("{}")) })),
			plain(record(func(p *pen) { p.raw("orchestrator-main", saga.TypeOpenSagasRecorded, []byte("[]")) })),
		},
		"I2": {plain(record(index(first, 0, false, "7"), index(first, 1, true)))},
	}
}

func ofLateNews() map[string][]breach {
	return map[string][]breach{
		"L1": {
			told(func(t rapid.TB) *story {
				s := lateStory(t)
				s.write("late:Pair-1", saga.StepCompleted{Step: "a", Attempt: 1, Late: true})
				return s
			}),
			told(func(t rapid.TB) *story {
				s := happy(t)
				s.write("late:Pair-1", saga.StepCompleted{Step: "a", Attempt: 1, Late: true})
				return s
			}),
			told(func(t rapid.TB) *story {
				s := tell(t, pair()).does("a", 1).lost("a", 1)
				s.write("late:Pair-1", saga.StepCompleted{Step: "a", Attempt: 1, Late: true})
				return s
			}),
			told(func(t rapid.TB) *story {
				s := lateStory(t)
				s.write("late:Pair-1", saga.SagaCompleted{})
				return s
			}),
		},
	}
}

func ofReplays() map[string][]breach {
	return map[string][]breach{
		"G23": {{
			log: func(t rapid.TB) events {
				s := tell(t, pair()).does("a", 1).refused("a", 1)
				s.reason = "for no reason"
				return s.add(saga.CompensationRequested{FailedStep: "a", Reason: s.reason}).fails("a").done()
			},
			config: func(rapid.TB) verify.Config { return verify.Config{Replay: true} },
		}, replayed(func(t rapid.TB) *story {
			return tell(t, pair()).parks("a", saga.Action, "tired", 0, "")
		}, "G20"), replayed(func(t rapid.TB) *story {
			return tell(t, pair()).does("a", 1).failed("a", 1)
		}, "G18")},
	}
}

func replayed(tale func(t rapid.TB) *story, also ...string) breach {
	b := told(tale, also...)
	b.config = func(rapid.TB) verify.Config { return verify.Config{Replay: true} }
	return b
}

func ofLedgers() map[string][]breach {
	return map[string][]breach{
		"E1": {accounted(happy, ledger{"a/action": 2, "b/action": 1}, "E2")},
		"E2": {
			accounted(happy, ledger{"b/action": 1}),
			accounted(func(t rapid.TB) *story {
				return tell(t, pair()).does("a", 1).refused("a", 1).turns("a").fails("a")
			}, ledger{"a/action": 1}),
		},
		"E3": {accounted(happy, ledger{"a/action": 1, "b/action": 1, "c/compensation": 1})},
	}
}

// ledger says how often each effect of saga Pair/1 was applied, by step and direction.
type ledger map[string]int

func (l ledger) Keeps(string, string) bool { return true }

func (l ledger) Effects(context.Context) iter.Seq2[verify.Effect, error] {
	return func(yield func(verify.Effect, error) bool) {
		for place, applied := range l {
			step, direction, _ := strings.Cut(place, "/")
			e := verify.Effect{Saga: saga.Ref{Name: "Pair", ID: "1"}, Step: step, Applied: applied}
			if direction == "compensation" {
				e.Direction = saga.Compensation
			}
			e.Key = saga.IdempotencyKey(e.Saga, step, e.Direction, 0)
			if !yield(e, nil) {
				return
			}
		}
	}
}

func accounted(tale func(t rapid.TB) *story, l ledger, also ...string) breach {
	b := told(tale, also...)
	b.config = func(rapid.TB) verify.Config { return verify.Config{Ledger: l} }
	return b
}
