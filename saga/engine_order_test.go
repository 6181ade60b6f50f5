package saga_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

// What the participants answer decides how a saga ends and what is undone: the order in which the answers and the
// acknowledgements of different sagas arrive does not, nor does the number of workers.
func TestTheOrderOfAnswersChangesNoEnding(t *testing.T) {
	endings := map[saga.State]int{}
	rapid.Check(t, func(t *rapid.T) {
		verdicts := map[answerID]saga.Outcome{}
		sagas := rapid.IntRange(1, 4).Draw(t, "sagas")
		var want map[saga.Ref][]string
		for order := range 3 {
			s := &sorter{T: t, world: newWorld(t), verdicts: verdicts, inTurn: order == 0}
			s.node = s.world.node(rapid.IntRange(1, 3).Draw(t, "workers"), unhurried("A", false), unhurried("B", true))
			for i := range sagas {
				s.node.start(saga.Ref{Name: string(rune('A' + i%2)), ID: fmt.Sprint(i)}, someGoods)
			}
			s.run()
			got := map[saga.Ref][]string{}
			for ref, events := range s.streams {
				endings[s.fold(ref).State()]++
				got[ref] = inBrief(events)
			}
			if want == nil {
				want = got
			}
			require.Equal(t, want, got)
		}
	})
	require.NotZero(t, endings[saga.StateCompleted], "no saga completed")
	require.NotZero(t, endings[saga.StateFailed], "no saga failed")
}

// unhurried defines a saga without limits of time, on which an order could have an influence.
func unhurried(name string, withPivot bool) saga.Definition[goods] {
	o := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 2}, Timeout: 1000 * time.Hour}
	o.Compensation = saga.AttemptOptions{Retry: o.Retry, Timeout: o.Timeout}
	steps := []saga.Step[goods]{compensable("a", o), compensable("b", o), compensable("c", o)}
	if withPivot {
		o.Compensation = saga.AttemptOptions{}
		steps = append(steps, pivot("p", o), retriable("r", o))
	}
	return define(name, steps...)
}

// answerID is one question to a participant.
type answerID struct {
	ref     saga.Ref
	track   trackID
	attempt int
}

// sorter brings sagas to their end, by verdicts that do not depend on when they are asked for.
type sorter struct {
	T *rapid.T
	*world
	node     *node
	verdicts map[answerID]saga.Outcome
	inTurn   bool // the first of everything is always the next
}

// verdict is drawn once for each attempt; from the fifth on participants do what is asked.
func (s *sorter) verdict(r saga.RunAttempt) saga.Outcome {
	id := answerID{r.Ref, trackID{r.Step, r.Direction}, r.Attempt}
	if r.Attempt > 4 {
		return ok("x")
	}
	if _, known := s.verdicts[id]; !known {
		s.verdicts[id] = rapid.SampledFrom([]saga.Outcome{ok("x"), ok("y"), failed, refused, panicked}).Draw(s.T, "verdict")
	}
	return s.verdicts[id]
}

func (s *sorter) pick(n int) int {
	if s.inTurn {
		return 0
	}
	return rapid.IntRange(0, n-1).Draw(s.T, "next")
}

func (s *sorter) run() {
	for moves := 0; ; moves++ {
		require.Less(s.T, moves, 5000, "every saga ends")
		n := s.node
		switch appends, running := len(n.appends), len(n.running); {
		case appends+running == 0:
			if !s.wake() {
				return
			}
		default:
			if next := s.pick(appends + running); next < appends {
				n.took(n.appends[next].Ref)
			} else {
				r := n.running[next-appends]
				n.ends(r.Ref, s.verdict(r))
			}
		}
	}
}

// wake lets time pass for sagas that wait for it, and an operator look after those that wait for one; false when all have
// ended.
func (s *sorter) wake() bool {
	s.node.follow()
	s.node.settle()
	open := false
	for _, ref := range (&chaos{world: s.world}).refs() {
		inst := s.fold(ref)
		open = open || !inst.State().Ended()
		if _, parked := inst.Parked(); parked {
			s.redrive(ref)
		}
	}
	s.node.follow()
	s.node.settle()
	s.pass(time.Minute)
	s.node.fireDue()
	return open
}
