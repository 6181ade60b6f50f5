package saga_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// voyage is a saga whose processes are made to die on its way. turns is the step whose refusal makes it turn round, ""
// for none.
type voyage struct {
	name   string
	ref    saga.Ref
	script map[place]script
	turns  string
}

func voyages() []voyage {
	broken := first(fails)
	return []voyage{
		{"forwards", parcelRef(1), nil, ""},
		{
			"forwards with retries", parcelRef(1),
			map[place]script{action("reserve"): broken, action("ship"): first(panics, afterItsEffect(fails))}, "",
		},
		{"there and back", parcelRef(1), map[place]script{action("tell"): always(refuses)}, "tell"},
		{
			"there and back from an unknown outcome, with retries", parcelRef(1),
			map[place]script{
				action("tell"): always(afterItsEffect(fails)), compensation("ship"): broken,
				compensation("pay"): first(afterItsEffect(fails)),
			},
			"tell",
		},
		{"past the pivot", ticketRef(1), nil, ""},
		{
			"past a pivot that is asked again", ticketRef(1),
			map[place]script{action("buy"): first(afterItsEffect(fails)), action("mail"): broken}, "",
		},
		{"back from the pivot", ticketRef(1), map[place]script{action("buy"): always(refuses)}, "buy"},
	}
}

func (v voyage) begin(t testing.TB) *shop {
	s := newShop(t)
	for at, sc := range v.script {
		s.set(at, sc)
	}
	return s
}

// arrive checks that the voyage came to its end. A refusal that its process did not live to record is one whose attempt
// may have had an effect: then the step is compensated as well, and a pivot is not compensated past.
func (v voyage) arrive(s *shop, store eventstore.Store, end saga.Ending) {
	s.t.Helper()
	events := history(s.t, store, v.ref)
	steps, unknown := stepsOf(v.ref), false
	for _, event := range events {
		switch e := event.(type) {
		case saga.StepFailed:
			unknown = unknown || e.Step == v.turns && !e.Permanent
		case saga.StepInterrupted:
			unknown = unknown || e.Step == v.turns
		}
	}
	switch turn := slices.Index(steps, v.turns); {
	case turn < 0:
		require.NoError(s.t, end.Err)
		require.Equal(s.t, saga.StateCompleted, end.State)
		require.Nil(s.t, undoPlan(events))
	case v.turns == "buy" && unknown:
		require.NotNil(s.t, end.Parked)
		require.Equal(s.t, saga.ParkedPivotUnknown, end.Parked.Reason)
	default:
		require.Nil(s.t, end.Parked)
		require.Equal(s.t, saga.StateFailed, end.State)
		require.Equal(s.t, compensated(steps, turn, unknown), undoPlan(events))
	}
	s.verify(store)
}

// appends counts the appends of the voyage without an accident.
func (v voyage) appends(t *testing.T) int {
	var n int
	synctest.Test(t, func(t *testing.T) {
		s, inner := v.begin(t), memory.New()
		m := newMortal(inner, 0, false)
		p := s.run(m)
		synctest.Wait()
		p.start(v.ref)
		v.arrive(s, inner, p.rest(v.ref))
		p.stop()
		n = m.appends
	})
	return n
}

// A process dies at an append, before the log has it or before it hears of that, and another one goes on.
func TestACrashAtEveryAppend(t *testing.T) {
	for _, v := range voyages() {
		appends := v.appends(t)
		require.GreaterOrEqual(t, appends, 5)
		for _, before := range []bool{true, false} {
			for n := 1; n <= appends; n++ {
				t.Run(fmt.Sprintf("%s, at append %d, lost %v", v.name, n, before), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, store := v.begin(t), memory.New()
						m := newMortal(store, n, before)
						old := s.run(m)
						synctest.Wait()
						go func() { _, _ = old.Start(t.Context(), v.ref.Name, v.ref.ID, parcel{Item: "lamp 1"}) }()
						<-m.dead
						p := s.run(store)
						p.start(v.ref) // the client heard nothing and asks again
						v.arrive(s, store, p.rest(v.ref))
						events := len(history(t, store, v.ref))
						m.bury(old)
						require.Len(t, history(t, store, v.ref), events)
						p.stop()
					})
				})
			}
		}
	}
}

// Process after process dies at its second append, until the saga has arrived.
func TestOneCrashAfterTheOther(t *testing.T) {
	for _, v := range voyages() {
		for _, before := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, lost %v", v.name, before), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, store := v.begin(t), memory.New()
					_, err := s.open(store).Start(t.Context(), v.ref.Name, v.ref.ID, parcel{Item: "lamp 1"})
					require.NoError(t, err)
					dieAt := 2
					if before {
						dieAt = 3 // the second append must live, or there is no way forward
					}
					for crashes := 0; ; crashes++ {
						m := newMortal(store, dieAt, before)
						p := s.run(m)
						rests := make(chan saga.Ending, 1)
						go func() {
							if end, err := p.Wait(t.Context(), v.ref.Name, v.ref.ID); err == nil {
								rests <- end
							}
						}()
						select {
						case <-m.dead:
							m.bury(p)
						case end := <-rests:
							require.GreaterOrEqual(t, crashes, 2)
							p.stop()
							v.arrive(s, store, end)
							return
						}
					}
				})
			})
		}
	}
}

// death is one of a process in the middle of an attempt: before its effect, or between the effect and the record of it.
type death struct {
	last  script // of the last action
	at    place
	end   saga.State
	after bool          // its effect
	away  time.Duration // until the next process comes
}

func TestACrashDuringEveryAttempt(t *testing.T) {
	for _, step := range parcelSteps {
		for _, after := range []bool{false, true} {
			for _, away := range []time.Duration{0, time.Hour} {
				for _, c := range []death{
					{script{}, action(step), saga.StateCompleted, after, away},
					{always(fails), compensation(step), saga.StateFailed, after, away},
				} {
					name := fmt.Sprintf("%s of %s, effect %v, another process after %s", c.at.direction, step, after, away)
					t.Run(name, func(t *testing.T) { synctest.Test(t, c.check) })
				}
			}
		}
	}
}

func (c death) check(t *testing.T) {
	s, store, ref := newShop(t), memory.New(), parcelRef(1)
	m, began := newMortal(store, 0, false), make(chan struct{})
	s.set(action("tell"), c.last)
	dying := func(context.Context, effect) error {
		close(began)
		return m.rot()
	}
	if c.after {
		dying = afterItsEffect(dying)
	}
	s.set(c.at, first(dying))
	old := s.run(m)
	old.start(ref)
	<-began
	m.die()
	time.Sleep(c.away)
	p := s.run(store)
	end := p.rest(ref)
	require.Nil(t, end.Parked)
	require.Equal(t, c.end, end.State)
	events := history(t, store, ref)
	require.Equal(t, 2, attemptsAt(events, c.at))
	what := "interrupted"
	if c.away > 0 {
		what = "timed out"
	}
	if c.at.direction == saga.Compensation {
		what = "undo " + what
	}
	require.Contains(t, inBrief(events), fmt.Sprintf("%s %s 1", what, c.at.step))
	m.bury(old)
	p.stop()
	s.verify(store)
}
