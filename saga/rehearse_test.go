package saga_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// pastOf is the history of a tale after so many events.
func pastOf(s *tale, events int) []saga.PastEvent {
	past := make([]saga.PastEvent, events)
	for i, event := range s.events[:events] {
		past[i] = saga.PastEvent{Event: event, At: s.at[i]}
	}
	return past
}

func rehearsed(t require.TestingT, s *tale, d saga.Definition[goods]) saga.Rehearsal {
	r, err := saga.Rehearse(s.ref, pastOf(s, len(s.events)), d)
	require.NoError(t, err)
	require.Equal(t, r.Verdict == saga.CannotMigrate, len(r.Obstacles) > 0)
	if r.Verdict == saga.WouldBeSame {
		require.Empty(t, r.Recorded)
		require.Equal(t, int64(-1), r.Revision)
	}
	return r
}

// tall draws a saga of a drawn definition to which anything has happened, over or not.
func tall(t *rapid.T) (*walk, saga.Definition[goods]) {
	d := walktest.Sequence(t, "Walk")
	w := walkOf(t, d)
	w.stays = true
	w.wander(func() {})
	if rapid.Bool().Draw(t, "to its end") {
		w.finish(func() {})
	}
	return w, d
}

// touched reports whether an event names a step that stands at a place of a definition, or behind it.
func touched(s *tale, d saga.Definition[goods], from int) bool {
	names := d.Plan().Steps[from:]
	return slices.ContainsFunc(s.events, func(event saga.Event) bool {
		if _, is := event.(saga.SagaCompleted); is {
			return true
		}
		line := " " + brief(event) + " "
		return slices.ContainsFunc(names, func(step saga.PlannedStep) bool { return strings.Contains(line, " "+step.Name+" ") })
	})
}

func begun(s *tale, step string) bool {
	return slices.ContainsFunc(eventsOf[saga.StepStarted](s.events), func(e saga.StepStarted) bool { return e.Step == step })
}

// operated reports whether an operator has ended the saga, or said how it is to go on: what becomes of that is theirs, not the
// definition's.
func operated(s *tale) bool {
	ended := len(eventsOf[saga.SagaCancelRequested](s.events)) + len(eventsOf[saga.SagaTerminated](s.events))
	told := len(eventsOf[saga.StepResolved](s.events)) + len(eventsOf[saga.StepSkipped](s.events))
	limited := len(eventsOf[saga.DeadlineExtended](s.events)) + len(eventsOf[saga.RetryPolicyChanged](s.events))
	return ended+told+limited > 0
}

func TestEveryHistoryIsTheSameUnderItsOwnDefinition(t *testing.T) {
	ends := map[saga.State]int{}
	one := func(t *rapid.T) {
		w, d := tall(t)
		ends[w.fold().State()]++
		d.Version = rapid.IntRange(1, 2).Draw(t, "version")
		for _, q := range append(w.asked[1:], question{after: len(w.events)}) {
			r, err := saga.Rehearse(w.ref, pastOf(w.tale, q.after), d)
			require.NoError(t, err)
			require.Equal(t, saga.WouldBeSame, r.Verdict, "%s of %v", r, inBrief(w.events[:q.after]))
			require.Equal(t, r.Changes != nil, d.Version != 1)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 8 { // so that a few checks see all there is to see
			one(t)
		}
	})
	require.NotZero(t, ends[saga.StateCompleted])
	require.NotZero(t, ends[saga.StateFailed])
	require.NotZero(t, ends[saga.StateCompensating]+ends[saga.StatePending])
}

func TestANewStepIsADifferenceWhereTheSagaCameToIt(t *testing.T) {
	verdicts := map[saga.Verdict]int{}
	one := func(t *rapid.T) {
		w, d := tall(t)
		if operated(w.tale) {
			return
		}
		at := rapid.IntRange(0, len(d.Steps)).Draw(t, "place")
		changed := d
		changed.Version, changed.Steps = 2, slices.Insert(slices.Clone(d.Steps), at, readOnly("fresh", saga.StepOptions{}))
		r := rehearsed(t, w.tale, changed)
		verdicts[r.Verdict]++
		if !touched(w.tale, d, at) {
			require.Equal(t, saga.WouldBeSame, r.Verdict, "%s of %v", r, inBrief(w.events))
			return
		}
		require.Equal(t, saga.WouldDiffer, r.Verdict, "%s of %v", r, inBrief(w.events))
		recorded, now := r.First()
		require.Equal(t, w.events[r.Revision], recorded)
		require.Contains(t, []string{"do fresh 1", "park fresh action step_missing", "park fresh action attempt_still_running", "SagaOverdue"}, brief(now))
		require.Contains(t, r.Changes, "fresh is new, as step "+string(rune('1'+at)))
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 8 { // so that a few checks see all there is to see
			one(t)
		}
	})
	require.Len(t, verdicts, 2)
}

func TestAStepThatIsGoneIsInTheWayOfASagaThatHasBegunIt(t *testing.T) {
	verdicts := map[saga.Verdict]int{}
	one := func(t *rapid.T) {
		w, d := tall(t)
		if operated(w.tale) {
			return
		}
		if len(d.Steps) == 1 {
			return
		}
		at := rapid.IntRange(0, len(d.Steps)-1).Draw(t, "place")
		gone, changed := d.Plan().Steps[at].Name, d
		changed.Steps = slices.Delete(slices.Clone(d.Steps), at, at+1)
		r := rehearsed(t, w.tale, changed)
		verdicts[r.Verdict]++
		state := w.fold().State()
		switch {
		case begun(w.tale, gone):
			require.Equal(t, saga.CannotMigrate, r.Verdict)
			require.Equal(t, gone+" has begun, and is no longer a step", r.Obstacles[0])
		case state == saga.StateCompensating || state.Ended():
			require.NotEqual(t, saga.CannotMigrate, r.Verdict, "%s of %v", r, inBrief(w.events))
			if !touched(w.tale, d, at) {
				require.Equal(t, saga.WouldBeSame, r.Verdict, "%s of %v", r, inBrief(w.events))
			}
		default:
			require.Equal(t, saga.CannotMigrate, r.Verdict)
			require.Contains(t, r.Obstacles[0], "it has not ended, and the definition no longer has the")
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 8 { // so that a few checks see all there is to see
			one(t)
		}
	})
	require.NotZero(t, verdicts[saga.CannotMigrate])
	require.NotZero(t, verdicts[saga.WouldBeSame])
}

func TestAnotherOrderOfWhatHasHappenedIsInTheWay(t *testing.T) {
	verdicts := map[saga.Verdict]int{}
	one := func(t *rapid.T) {
		w, d := tall(t)
		if operated(w.tale) {
			return
		}
		at := rapid.IntRange(0, len(d.Steps)-1).Draw(t, "place")
		changed := d
		changed.Steps = slices.Clone(d.Steps)
		if at+1 == len(d.Steps) {
			return
		}
		changed.Steps[at], changed.Steps[at+1] = d.Steps[at+1], d.Steps[at]
		if changed.Validate() != nil {
			return
		}
		r := rehearsed(t, w.tale, changed)
		verdicts[r.Verdict]++
		first, second := d.Plan().Steps[at].Name, d.Plan().Steps[at+1].Name
		switch {
		case begun(w.tale, first) && begun(w.tale, second):
			require.Equal(t, []string{second + " has begun after " + first + ", and comes before it now"}, r.Obstacles)
		case touched(w.tale, d, at):
			require.Equal(t, saga.WouldDiffer, r.Verdict, "%s of %v", r, inBrief(w.events))
		default:
			require.Equal(t, saga.WouldBeSame, r.Verdict, "%s of %v", r, inBrief(w.events))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 8 { // so that a few checks see all there is to see
			one(t)
		}
	})
	require.Len(t, verdicts, 3)
}

func TestAnotherRetryPolicyDiffersWhereItDecides(t *testing.T) {
	with := func(attempts int) saga.Definition[goods] {
		o := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: attempts}}
		return define("Pay", compensable("book", saga.StepOptions{}), compensable("pay", o))
	}
	s := begin(t, with(3))
	s.ends(ok("1"), "did book 1", "do pay 1")
	s.ends(failed, "failed pay 1", "retry pay 2")
	s.retries(failed, "failed pay 2", "retry pay 3")
	require.Equal(t, saga.WouldBeSame, rehearsed(t, s, with(5)).Verdict, "it has not come so far")
	s.retries(failed, "failed pay 3", "turn at pay: pay book", "undo pay 1 blind")

	more := rehearsed(t, s, with(5))
	require.Equal(t, saga.WouldDiffer, more.Verdict)
	recorded, now := more.First()
	require.Equal(t, "turn at pay: pay book", brief(recorded))
	require.Equal(t, "retry pay 4", brief(now))
	require.Equal(t, "Pay/7: would differ; at revision 11, recorded was CompensationRequested, now it would be StepRetryScheduled pay 4",
		more.String())
	require.Equal(t, []string{"pay: Retry.MaximumAttempts is 5, it was 3", "its version is still 1: raise it"}, more.Changes)

	fewer := rehearsed(t, s, with(1))
	recorded, now = fewer.First()
	require.Equal(t, "retry pay 2", brief(recorded))
	require.Equal(t, "turn at pay: pay book", brief(now))
	require.Equal(t, saga.WouldBeSame, rehearsed(t, s, with(3)).Verdict)

	patient := with(3)
	patient.Steps[1] = compensable("pay", saga.StepOptions{Retry: saga.RetryPolicy{InitialInterval: time.Minute}})
	require.Equal(t, saga.WouldBeSame, rehearsed(t, s, patient).Verdict, "other delays are no other course")
	hurried := begin(t, with(3))
	hurried.ends(ok("1"), "did book 1", "do pay 1")
	hurried.pass(saga.DefaultTimeout)
	hurried.ends(timedOut, "timed out pay 1", "retry pay 2")
	patient.Steps[1] = compensable("pay", saga.StepOptions{Timeout: time.Hour})
	require.Contains(t, rehearsed(t, hurried, patient).String(), "now it would be nothing: nothing leads to StepTimedOut pay 1, "+
		"which was at 2026-01-02T12:05:00Z: the attempt has until 2026-01-02T13:00:00Z now")
	silent := with(3)
	silent.Steps[1] = readOnly("pay", saga.StepOptions{})
	r := rehearsed(t, s, silent)
	require.Equal(t, saga.CannotMigrate, r.Verdict)
	require.Equal(t, "the compensation of pay has begun, and the step no longer has one", r.Obstacles[0])
}

func TestWhatIsNoHistoryOfTheDefinitionIsSaid(t *testing.T) {
	s := begin(t, orderDef())
	for what, r := range map[string]saga.Rehearsal{
		"Order/7: cannot migrate: it is a saga of Order, and the definition is that of Trip": rehearsed(t, s, tripDef()),
		"Order/7: cannot read: its history does not begin":                                   rehearsed(t, &tale{ref: s.ref}, orderDef()),
		"Order/7: cannot read: revision 0: saga.StepCompleted before SagaStarted": rehearsed(t, &tale{
			ref: s.ref, events: []saga.Event{saga.StepCompleted{}}, at: s.at,
		}, orderDef()),
	} {
		require.Equal(t, what, r.String())
	}
	newer := orderDef()
	newer.Version = 2
	require.Contains(t, rehearsed(t, begin(t, newer), orderDef()).Obstacles[0], "it goes by version 2 of the definition")
	numbers := saga.Definition[[]int]{Name: "Order", Version: 1, Steps: []saga.Step[[]int]{
		saga.ReadOnly("reserve", generic[[]int], saga.StepOptions{}),
	}}
	r, err := saga.Rehearse(s.ref, pastOf(s, 1), numbers)
	require.NoError(t, err)
	require.Contains(t, r.Obstacles[0], "its data does not fit []int")
	_, err = saga.Rehearse(s.ref, pastOf(s, 1), define("Order"))
	require.ErrorIs(t, err, saga.ErrInvalidDefinition)
}
