package saga_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

var patientRef = saga.Ref{Name: "Patient", ID: "1"}

// patient runs a process with a definition of two steps whose attempts may take two hours, three and a half together,
// and whose retries come an hour later, without jitter.
func (s *shop) patient(store eventstore.Store) *process {
	return s.run(store, func(c *saga.Config) {
		n := int(s.processes.Add(1))
		limits := saga.AttemptOptions{
			Timeout: 2 * time.Hour, TotalTimeout: 210 * time.Minute,
			Retry: saga.RetryPolicy{InitialInterval: time.Hour, BackoffCoefficient: 1, MaximumAttempts: 3},
		}
		options := saga.StepOptions{
			Timeout: limits.Timeout, TotalTimeout: limits.TotalTimeout, Retry: limits.Retry, Compensation: limits,
		}
		c.Random = func() float64 { return 0 }
		c.Definitions = []saga.AnyDefinition{saga.Definition[parcel]{Name: "Patient", Version: 1, Steps: []saga.Step[parcel]{
			saga.Compensable("one", s.act(n), s.undo(n), options),
			saga.Compensable("two", s.act(n), s.undo(n), options),
		}}}
	})
}

// scenes are an action and a compensation to look at, and how the saga ends.
var patientScenes = []struct {
	at  place
	two script
	end saga.State
}{
	{action("one"), script{}, saga.StateCompleted},
	{compensation("one"), always(refuses), saga.StateFailed},
}

func TestARetryDelaySurvivesARestart(t *testing.T) {
	for _, c := range patientScenes {
		for _, away := range []struct {
			name               string
			restarted, retried time.Duration // after the failure
		}{
			{"restarted before it is due", 10 * time.Minute, time.Hour},
			{"restarted when it is due", time.Hour, time.Hour},
			{"restarted later", 2 * time.Hour, 2 * time.Hour},
		} {
			t.Run(c.at.direction.String()+" "+away.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, store := newShop(t), memory.New()
					s.set(action("two"), c.two)
					var retried time.Time
					s.set(c.at, first(fails, func(_ context.Context, e effect) error {
						retried = time.Now()
						return e()
					}))
					began := time.Now()
					p := s.patient(store)
					p.start(patientRef)
					synctest.Wait()
					p.stop()
					time.Sleep(away.restarted)
					p = s.patient(store)
					require.Equal(t, c.end, p.rest(patientRef).State)
					require.Equal(t, away.retried, retried.Sub(began))
					p.stop()
				})
			})
		}
	}
}

func TestADeadlineSurvivesACrash(t *testing.T) {
	for _, c := range patientScenes {
		for _, away := range []struct {
			name               string
			restarted, retried time.Duration // after the beginning of the attempt
			outcome            string
		}{
			{"restarted before the deadline", time.Hour, time.Hour, "interrupted one 1"},
			{"restarted at the deadline", 2 * time.Hour, 3 * time.Hour, "timed out one 1"},
			{"restarted after the deadline", 150 * time.Minute, 3 * time.Hour, "timed out one 1"},
			{"restarted after the retry was due", 200 * time.Minute, 200 * time.Minute, "timed out one 1"},
		} {
			t.Run(c.at.direction.String()+" "+away.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, store := newShop(t), memory.New()
					m := newMortal(store, 0, false)
					s.set(action("two"), c.two)
					var retried time.Time
					var limit time.Duration // of the second attempt
					s.set(c.at, first(func(context.Context, effect) error { return m.rot() }, func(ctx context.Context, e effect) error {
						retried = time.Now()
						deadline, _ := ctx.Deadline()
						limit = time.Until(deadline)
						return e()
					}))
					began := time.Now()
					old := s.patient(m)
					old.start(patientRef)
					synctest.Wait()
					m.die()
					time.Sleep(away.restarted)
					p := s.patient(store)
					require.Equal(t, c.end, p.rest(patientRef).State)
					require.Equal(t, away.retried, retried.Sub(began))
					require.Equal(t, min(2*time.Hour, 210*time.Minute-away.retried), limit, "all attempts have one limit")
					outcome := away.outcome
					if c.at.direction == saga.Compensation {
						outcome = "undo " + outcome
					}
					require.Contains(t, inBrief(history(t, store, patientRef)), outcome)
					m.bury(old)
					p.stop()
				})
			})
		}
	}
}

func TestARetryThatWouldComeAfterTheTotalTimeoutIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("one"), always(hangs))
		p := s.patient(store)
		began := time.Now()
		p.start(patientRef)
		require.Equal(t, saga.StateFailed, p.rest(patientRef).State)
		require.Equal(t, 210*time.Minute, time.Since(began), "two hours, one until the retry, half an hour that is left")
		require.Equal(t, 2, attemptsAt(history(t, store, patientRef), action("one")))
		p.stop()
	})
}
