package saga_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// versioned registers a version of the definition Parcel that has these steps only.
func (s *shop) versioned(version int, steps ...string) func(*saga.Config) {
	return func(c *saga.Config) {
		n := int(s.processes.Add(1))
		d := saga.Definition[parcel]{Name: "Parcel", Version: version}
		for _, step := range steps {
			d.Steps = append(d.Steps, saga.Compensable(step, s.act(n), s.undo(n), saga.StepOptions{}))
		}
		c.Definitions = []saga.AnyDefinition{d}
	}
}

// halfway starts a saga by one version of its definition and stops it before its second step has happened.
func (s *shop) halfway(store eventstore.Store, version func(*saga.Config)) {
	s.t.Helper()
	s.set(action("pay"), first(hangs))
	p := s.run(store, version)
	p.start(parcelRef(1))
	synctest.Wait()
	p.stop()
	s.heal()
}

func TestASagaOfAHigherVersionIsLeftUntouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.halfway(store, s.versioned(2, parcelSteps...))
		events := countTypes(t, store, "")
		old := s.run(store, s.versioned(1, parcelSteps...))
		old.start(parcelRef(2))
		require.Equal(t, saga.StateCompleted, old.rest(parcelRef(2)).State)
		st := old.Status(t.Context())
		require.Len(t, st.Untouched, 1)
		require.Equal(t, parcelRef(1), st.Untouched[0].Ref)
		require.Contains(t, st.Untouched[0].Reason, "version 2")
		require.Zero(t, st.InHand)
		old.stop()
		require.Equal(t, events+10, countTypes(t, store, ""))
		p := s.run(store, s.versioned(2, parcelSteps...))
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State)
		require.Empty(t, p.Status(t.Context()).Untouched)
		p.stop()
		s.verify(store)
	})
}

func TestASagaOfALowerVersionGoesOnByItsRecordedPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.halfway(store, s.versioned(1, parcelSteps...))
		p := s.run(store, s.versioned(2, "weigh", "tell", "ship", "pay", "reserve"))
		end := p.rest(parcelRef(1))
		require.Equal(t, saga.StateCompleted, end.State)
		require.Equal(t, 1, end.Instance.Version())
		var done []string
		for _, event := range history(t, store, parcelRef(1)) {
			if e, ok := event.(saga.StepCompleted); ok {
				done = append(done, e.Step)
			}
		}
		require.Equal(t, parcelSteps, done)
		p.stop()
		s.verify(store)
	})
}

func TestASagaWhoseNextStepIsMissingIsParkedThereAndNoSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.halfway(store, s.versioned(1, parcelSteps...))
		p := s.run(store, s.versioned(2, "reserve", "pay", "tell"))
		end := p.rest(parcelRef(1))
		requireParked(t, end, action("ship"), saga.ParkedStepMissing, 0)
		require.Equal(t, 2, attemptsAt(history(t, store, parcelRef(1)), action("pay")))
		again := p.redrive(parcelRef(1), end)
		requireParked(t, again, action("ship"), saga.ParkedStepMissing, 0)
		p.stop()
		p = s.run(store, s.versioned(2, parcelSteps...))
		require.NotNil(t, p.rest(parcelRef(1)).Parked, "it waits for the redrive")
		require.Equal(t, saga.StateCompleted, p.redrive(parcelRef(1), again).State)
		p.stop()
		s.verify(store)
	})
}

func TestACompensationOfAStepThatIsMissingIsParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.halfway(store, s.versioned(1, parcelSteps...))
		s.set(action("ship"), always(refuses))
		p := s.run(store, s.versioned(1, "pay", "ship"))
		end := p.rest(parcelRef(1))
		requireParked(t, end, compensation("reserve"), saga.ParkedStepMissing, 0)
		p.stop()
		p = s.run(store, s.versioned(1, parcelSteps...))
		require.Equal(t, saga.StateFailed, p.redrive(parcelRef(1), end).State)
		p.stop()
		s.verify(store)
	})
}

func TestSagasOfANameThatIsNotRegisteredAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		elsewhere := s.open(store)
		for i := range 2 {
			_, err := elsewhere.Start(t.Context(), "Ticket", ticketRef(i).ID, parcel{})
			require.NoError(t, err)
		}
		p := s.run(store, s.versioned(1, parcelSteps...))
		synctest.Wait()
		_, err := elsewhere.Start(t.Context(), "Ticket", "2", parcel{})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		st := p.Status(t.Context())
		require.Equal(t, 3, st.Counts.Untouched)
		for i := range 3 {
			require.Equal(t, ticketRef(i), st.Untouched[i].Ref)
			require.Contains(t, st.Untouched[i].Reason, "no definition")
		}
		require.Equal(t, 3, countTypes(t, store, ""))
		p.stop()
		both := s.run(store)
		for i := range 3 {
			require.Equal(t, saga.StateCompleted, both.rest(ticketRef(i)).State)
		}
		both.stop()
		s.verify(store)
	})
}
