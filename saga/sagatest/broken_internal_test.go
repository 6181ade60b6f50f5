package sagatest

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// tampered is an engine with a defect: it is the shipped one, but for what it is told or what it asks for.
type tampered struct {
	*saga.Engine
	hears func(saga.Input) saga.Input // nil is not told to it
	asks  func(saga.Effect)           // changes events in their place, which the engine believes itself then
	opens func([]saga.Ref) []saga.Ref
}

func (m *tampered) Handle(now time.Time, input saga.Input) []saga.Effect {
	if m.hears != nil {
		if input = m.hears(input); input == nil {
			return nil
		}
	}
	effects := m.Engine.Handle(now, input)
	for _, e := range effects {
		if m.asks != nil {
			m.asks(e)
		}
	}
	return effects
}

func (m *tampered) Open() []saga.Ref {
	if m.opens != nil {
		return m.opens(m.Engine.Open())
	}
	return m.Engine.Open()
}

// events lets a defect change the events of every append.
func events(change func(saga.Event) saga.Event) func(saga.Effect) {
	return func(e saga.Effect) {
		if a, is := e.(saga.AppendEvents); is {
			for i := range a.Events {
				a.Events[i] = change(a.Events[i])
			}
		}
	}
}

// turned lets a defect change the plan of a saga that is turned round.
func turned(change func(saga.CompensationRequested) saga.CompensationRequested) func(saga.Effect) {
	return events(func(e saga.Event) saga.Event {
		if r, is := e.(saga.CompensationRequested); is {
			r.Plan = slices.Clone(r.Plan)
			return change(r)
		}
		return e
	})
}

// deaf keeps inputs from an engine.
func deaf(to func(saga.Input) bool) func(saga.Input) saga.Input {
	return func(input saga.Input) saga.Input {
		if to(input) {
			return nil
		}
		return input
	}
}

type defect struct {
	name   string
	engine tampered
	breaks string // what is said about it, as a regular expression
	first  uint64 // the first seed to try
}

func defects() []defect {
	return []defect{
		{"compensates in the order of the starts", tampered{asks: turned(
			func(r saga.CompensationRequested) saga.CompensationRequested { slices.Reverse(r.Plan); return r },
		)}, "G12|nothing will ever happen", 1},
		{"compensates only what is known to have happened", tampered{asks: turned(
			func(r saga.CompensationRequested) saga.CompensationRequested {
				if i := slices.Index(r.Plan, r.FailedStep); i >= 0 {
					r.Plan = slices.Delete(r.Plan, i, i+1)
				}
				return r
			},
		)}, "G12", 13},
		{"retries too early", tampered{asks: events(func(e saga.Event) saga.Event {
			if r, is := e.(saga.StepRetryScheduled); is {
				r.Due = r.Due.Add(-time.Second)
				return r
			}
			return e
		})}, "G8", 1},
		{"gives each attempt a key of its own", tampered{asks: events(func(e saga.Event) saga.Event {
			if s, is := e.(saga.StepStarted); is && s.Attempt > 1 {
				s.Key = fmt.Sprintf("%s/%d", s.Key, s.Attempt)
				return s
			}
			return e
		})}, "G9", 1},
		{"forgets the attempts that were open at a restart", tampered{hears: func(input saga.Input) saga.Input {
			if loaded, is := input.(saga.SagaLoaded); is {
				loaded.Restart = false
				return loaded
			}
			return input
		}}, "nothing will ever happen", 1},
		{"does not act on operators", tampered{hears: deaf(func(input saga.Input) bool {
			seen, is := input.(saga.EventSeen)
			return is && seen.Type == saga.TypeStepRedriven
		})}, "nothing will ever happen", 1},
		{"sleeps through its timers", tampered{hears: deaf(func(input saga.Input) bool {
			_, is := input.(saga.TimerFired)
			return is
		})}, "nothing will ever happen", 1},
		{"gives up where an append has met a conflict", tampered{hears: deaf(func(input saga.Input) bool {
			_, is := input.(saga.AppendConflicted)
			return is
		})}, "never comes to rest|nothing will ever happen", 1},
		{"leaves open sagas out of its restart index", tampered{opens: func(open []saga.Ref) []saga.Ref {
			return open[:len(open)/2]
		}}, "I2", 1},
	}
}

// A simulation that cannot find such defects would prove nothing. Of ten failures about nine are cut down to three faults
// or fewer; the others need many because they need a crash, say, to hit one moment, and a crash comes when it comes.
func TestDefectsOfTheEngineAreFoundAndCutDown(t *testing.T) {
	for _, d := range defects() {
		t.Run(d.name, func(t *testing.T) {
			st, err := newStage()
			require.NoError(t, err)
			defer st.crew.dismiss()
			st.assemble = func(c saga.EngineConfig) (machine, error) {
				broken := d.engine
				var err error
				broken.Engine, err = saga.NewEngine(c)
				return &broken, err
			}
			first := d.first
			for range 4 {
				q := &quietly{}
				sum := st.simulate(q, shapes()[0].fresh, Seeds{First: first, Count: 200})
				require.Error(t, sum.Err, "it was not found")
				first = sum.Seed + 1
				if len(sum.Shrunk.Only) <= 3 && regexp.MustCompile(d.breaks).MatchString(q.told.String()) {
					t.Logf("seed %d: %#v", sum.Seed, sum.Shrunk)
					return
				}
			}
			t.Fatal("no failure was cut down to three faults")
		})
	}
}

// quietly is a test that keeps what it is told.
type quietly struct{ told strings.Builder }

func (*quietly) Helper()                        {}
func (*quietly) Logf(string, ...any)            {}
func (q *quietly) Errorf(f string, args ...any) { fmt.Fprintf(&q.told, f, args...) }

// A participant that does not know a key any more applies the effect once more.
func TestParticipantsThatForgetTheirLedgerBreakE1(t *testing.T) {
	forgetful := func() Case[goods] {
		d := desk{NewLedger()}
		apply := func(ctx context.Context, call saga.Call[goods]) (string, error) {
			known := d.actions[call.ActionKey]
			result, err := d.do(ctx, call)
			if known != nil && err == nil {
				known.effect.Applied++
			}
			return result, err
		}
		return d.of("Order", saga.Compensable("pay", apply, d.undo, saga.StepOptions{}))
	}
	q := &quietly{}
	sum := Simulate(q, forgetful, Seeds{})
	require.ErrorContains(t, sum.Err, "breaks E1")
	require.Len(t, sum.Shrunk.Only, 1)
	require.Contains(t, q.told.String(), "As a test:")
}
