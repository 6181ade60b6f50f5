package saga_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func TestAConfigReportsAllThatIsWrongWithItAtOnce(t *testing.T) {
	s := newShop(t)
	_, err := saga.New(saga.Config{
		Name: "a-b", Workers: -1,
		Definitions: []saga.AnyDefinition{s.parcels(1), s.parcels(1), saga.Definition[parcel]{Name: "Empty"}},
	})
	for _, fault := range []string{"no Store", `Name "a-b"`, "Workers is -1", "registered twice", "no steps", "version is 0"} {
		require.ErrorContains(t, err, fault)
	}
	require.ErrorIs(t, err, saga.ErrInvalidDefinition)
}

func TestRunTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		p := s.run(store)
		synctest.Wait()
		require.ErrorIs(t, p.Run(t.Context()), saga.ErrRunning)
		soon, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		err := s.open(store).Run(soon)
		require.ErrorIs(t, err, eventstore.ErrLocked)
		var locked *eventstore.LockedError
		require.ErrorAs(t, err, &locked)
		require.NotEmpty(t, locked.Holder)
		require.NoError(t, s.open(store, func(c *saga.Config) { c.Name = "other" }).Run(cancelled(t)))
		p.start(parcelRef(1))
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State, "the first is not disturbed")
		p.stop()
		again := runs(t, p.Orchestrator)
		again.start(parcelRef(2))
		require.Equal(t, saga.StateCompleted, again.rest(parcelRef(2)).State, "after its return Run may be called again")
		again.stop()
		require.NoError(t, p.Run(cancelled(t)))
		s.verify(store)
	})
}

func cancelled(t testing.TB) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestAStartDuringAStopIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("reserve"), first(takes(5*time.Second, succeeds)))
		p := s.run(store)
		p.start(parcelRef(1))
		synctest.Wait()
		p.end()
		synctest.Wait()
		_, err := p.Start(t.Context(), "Parcel", "2", parcel{})
		require.ErrorIs(t, err, saga.ErrStopping)
		<-p.ended
		require.NoError(t, p.err)
		_, err = p.Load(t.Context(), "Parcel", "2")
		require.ErrorIs(t, err, saga.ErrNotFound)
		created, err := p.Start(t.Context(), "Parcel", "2", parcel{})
		require.NoError(t, err, "when Run has returned, the start is stored for the next one")
		require.True(t, created)
	})
}

// A stop while many things are going on neither hangs nor spins: sagas in the queue, waiting for a retry that falls due
// meanwhile, between two steps, and being started.
func TestAStopInTheMiddleOfEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("reserve"), first(fails))
		s.set(action("pay"), first(takes(700*time.Millisecond, succeeds)))
		s.set(action("ship"), first(hangs))
		for round := range 20 {
			p := s.run(store, func(c *saga.Config) { c.Workers = 3 })
			var starts sync.WaitGroup
			for i := range 10 {
				starts.Go(func() {
					id := parcelRef(100*round + i).ID
					if _, err := p.Start(t.Context(), "Parcel", id, parcel{}); err != nil {
						require.ErrorIs(t, err, saga.ErrStopping)
					}
				})
			}
			time.Sleep(time.Duration(round) * 217 * time.Millisecond)
			began := time.Now()
			p.stop()
			require.LessOrEqual(t, time.Since(began), 10*time.Second)
			starts.Wait()
		}
		p := s.run(store)
		for ev, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards,
			eventstore.Filter{TypePrefixes: []string{saga.TypeSagaStarted}}) {
			require.NoError(t, err)
			ref, _ := saga.ParseStream(ev.Stream)
			end := p.rest(ref)
			for end.Parked != nil {
				require.Equal(t, saga.ParkedInterrupted, end.Parked.Reason)
				end = p.redrive(ref, end)
			}
			require.Equal(t, saga.StateCompleted, end.State)
		}
		p.stop()
		s.verify(store)
	})
}

// lines is a log handler that keeps what it gets.
type lines struct {
	slog.Handler
	mu    sync.Mutex
	lines []map[string]any
}

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }

func (l *lines) Handle(_ context.Context, r slog.Record) error {
	line := map[string]any{"msg": r.Message}
	r.Attrs(func(a slog.Attr) bool {
		line[a.Key] = a.Value.Any()
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	return nil
}

func TestEveryTransitionIsOneLineInTheLog(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(fmt.Sprintf("started while it runs %v", running), func(t *testing.T) { oneLineEach(t, running) })
	}
}

func oneLineEach(t *testing.T, running bool) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref, log := newShop(t), memory.New(), parcelRef(1), &lines{}
		s.set(action("pay"), first(fails, refuses))
		s.set(compensation("reserve"), always(refuses))
		o := s.open(store, func(c *saga.Config) { c.Logger = slog.New(log) })
		if !running {
			_, err := o.Start(t.Context(), ref.Name, ref.ID, parcel{Item: "lamp 1"})
			require.NoError(t, err)
		}
		p := runs(t, o)
		synctest.Wait()
		p.start(ref)
		end := p.rest(ref)
		s.heal()
		p.redrive(ref, end)
		p.stop()
		type line struct{ event, step, from, to any }
		var got []line
		for _, l := range log.lines {
			require.Equal(t, "saga transition", l["msg"])
			require.Equal(t, "1", l["saga_id"])
			require.Equal(t, "Parcel", l["saga_name"])
			got = append(got, line{l["event"], l["step"], l["from"], l["to"]})
		}
		require.Equal(t, []line{
			{"SagaStarted", "", "none", "started"},
			{"StepStarted", "reserve", "pending", "executing"},
			{"StepCompleted", "reserve", "executing", "completed"},
			{"StepStarted", "pay", "pending", "executing"},
			{"StepFailed", "pay", "executing", "unknown"},
			{"StepRetryScheduled", "pay", "unknown", "executing"},
			{"StepStarted", "pay", "executing", "executing"},
			{"StepFailed", "pay", "executing", "unknown"},
			{"CompensationRequested", "pay", "pending", "compensating"},
			{"CompensationStarted", "pay", "unknown", "compensating"},
			{"CompensationCompleted", "pay", "compensating", "compensated"},
			{"CompensationStarted", "reserve", "completed", "compensating"},
			{"CompensationFailed", "reserve", "compensating", "compensating"},
			{"SagaParked", "reserve", "compensating", "parked"},
			{"StepRedriven", "reserve", "parked", "compensating"},
			{"CompensationStarted", "reserve", "compensating", "compensating"},
			{"CompensationCompleted", "reserve", "compensating", "compensated"},
			{"SagaFailed", "", "compensating", "failed"},
		}, got)
		require.Equal(t, "broken pipe", log.lines[4]["error"])
		require.Equal(t, int64(2), log.lines[6]["attempt"])
		require.Equal(t, "permanent_error", log.lines[13]["reason"])
	})
}
