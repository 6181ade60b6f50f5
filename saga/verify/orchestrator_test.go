package verify_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// bank is a participant with a ledger. The first attempts at one place go wrong, in one way.
type bank struct {
	mu      sync.Mutex
	place   string // step and direction
	times   int
	how     func(ctx context.Context) error
	effects map[string]verify.Effect
}

func (b *bank) Keeps(string, string) bool { return true }

func (b *bank) Effects(context.Context) iter.Seq2[verify.Effect, error] {
	return func(yield func(verify.Effect, error) bool) {
		for _, e := range b.effects {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (b *bank) fault(place string) func(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if place != b.place || b.times == 0 {
		return nil
	}
	b.times--
	return b.how
}

func (b *bank) apply(call saga.Call[goods], d saga.Direction, applied int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.effects[call.IdempotencyKey] = verify.Effect{
		Saga: saga.Ref{Name: call.SagaName, ID: call.SagaID}, Step: call.Step, Direction: d,
		Key: call.IdempotencyKey, Applied: applied,
	}
}

func (b *bank) do(ctx context.Context, call saga.Call[goods]) (string, error) {
	if how := b.fault(call.Step + "/action"); how != nil {
		return "", how(ctx)
	}
	if strings.HasSuffix(b.place, "/compensation") && call.Step == map[string]string{"Order": "c", "Trip": "b"}[call.SagaName] {
		return "", refuses(ctx) // so that there is something to compensate
	}
	b.apply(call, saga.Action, 1)
	return "x", nil
}

func (b *bank) undo(ctx context.Context, call saga.Call[goods], _ *string) error {
	if how := b.fault(call.Step + "/compensation"); how != nil {
		return how(ctx)
	}
	b.mu.Lock()
	done := b.effects[call.ActionKey].Applied
	b.mu.Unlock()
	b.apply(call, saga.Compensation, done)
	if done == 0 {
		return saga.ErrNothingToCompensate
	}
	return nil
}

func (b *bank) definitions() []saga.AnyDefinition {
	o := twice()
	forward := o
	forward.Compensation = saga.AttemptOptions{}
	return []saga.AnyDefinition{
		saga.Definition[goods]{Name: "Order", Version: 1, Steps: []saga.Step[goods]{
			saga.Compensable("a", b.do, b.undo, o), saga.Compensable("b", b.do, b.undo, o), saga.Compensable("c", b.do, b.undo, o),
		}},
		saga.Definition[goods]{Name: "Trip", Version: 1, Steps: []saga.Step[goods]{
			saga.Compensable("a", b.do, b.undo, o), saga.Pivot("b", b.do, forward), saga.Retriable("c", b.do, forward),
		}},
	}
}

func refuses(context.Context) error   { return saga.Permanent(errors.New("refused")) }
func breaks(context.Context) error    { return errors.New("broken pipe") }
func panics(context.Context) error    { panic("out of cheese") }
func hangs(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
func outlasts(context.Context) error  { time.Sleep(10 * time.Minute); return errors.New("at last") }

// Whatever goes wrong wherever, the log of the orchestrator keeps every rule, and the books of the participants balance.
func TestTheLogOfAnOrchestratorKeepsTheRules(t *testing.T) {
	ways := map[string]func(context.Context) error{
		"refuses": refuses, "breaks": breaks, "panics": panics, "hangs": hangs, "outlasts": outlasts,
	}
	parked := 0
	for way, how := range ways {
		for _, place := range []string{"", "a/action", "b/action", "c/action", "a/compensation", "b/compensation"} {
			for _, times := range []int{1, 2, 1000} {
				t.Run(fmt.Sprintf("%s %s %d", place, way, times), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						parked += runAll(t, &bank{place: place, how: how, times: times, effects: map[string]verify.Effect{}})
					})
				})
			}
		}
	}
	require.Positive(t, parked, "some of it parked sagas")
}

// runAll runs a saga of each definition, redrives what is parked, and checks the log meanwhile and at the end. It returns
// how many sagas were parked.
func runAll(t *testing.T, b *bank) int {
	store := memory.New()
	defer store.Close()
	o, err := saga.New(saga.Config{Store: store, Definitions: b.definitions()})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	for _, name := range []string{"Order", "Trip"} {
		_, err = o.Start(ctx, name, "1", goods{Item: "lamp"})
		require.NoError(t, err)
	}
	time.Sleep(time.Hour)
	report := accept(t, store)
	for _, name := range []string{"Order", "Trip"} {
		redrive(t, o, b, name)
	}
	time.Sleep(time.Hour)
	accept(t, store)
	final := check(t, store, verify.Config{Ledger: b})
	require.NoError(t, final.Err())
	require.Equal(t, 2, final.Ended)
	stop()
	require.NoError(t, <-ended)
	return report.Parked
}

// redrive heals the participant and lets the saga go on, if it is parked.
func redrive(t *testing.T, o *saga.Orchestrator, b *bank, name string) {
	inst, err := o.Load(t.Context(), name, "1")
	require.NoError(t, err)
	if _, parked := inst.Parked(); !parked {
		return
	}
	b.mu.Lock()
	b.times = 0
	b.mu.Unlock()
	require.NoError(t, o.Redrive(t.Context(), name, "1", "ann", "healed", inst.Revision()))
}

func TestALogInParts(t *testing.T) {
	log := happy(t).done()
	t.Run("that cannot be read to its end is an error that says how far it was read", func(t *testing.T) {
		report, err := verify.Log(t.Context(), cut{log[:3]}, verify.Config{})
		require.ErrorIs(t, err, eventstore.ErrCorrupt)
		require.ErrorContains(t, err, "behind position 3/0")
		require.Equal(t, 3, report.Events)
	})
	t.Run("a negative limit is refused", func(t *testing.T) {
		_, err := verify.Log(t.Context(), log, verify.Config{MaxViolations: -1})
		require.ErrorContains(t, err, "MaxViolations")
	})
	t.Run("violations beyond the limit are counted", func(t *testing.T) {
		report := check(t, append(log.clone(), log...), verify.Config{MaxViolations: 2})
		require.Len(t, report.Violations, 2)
		require.Greater(t, report.Broken, 2)
	})
	t.Run("progress is told at the end", func(t *testing.T) {
		var at []int
		check(t, log, verify.Config{Progress: func(done eventstore.Position, events int) {
			require.Equal(t, log[5].Position, done)
			at = append(at, events)
		}})
		require.Equal(t, []int{6}, at)
	})
	t.Run("what is in it is counted", func(t *testing.T) {
		s := stuck(t, 0)
		s.pen.story(pair(), "2").started()
		s.raw("account-1", "Opened", []byte("{}"))
		log := s.done()
		log[len(log)-1].Metadata = []byte("{}")
		report := check(t, log, verify.Config{})
		require.NoError(t, report.Err())
		report.Position = eventstore.Position{}
		require.Equal(t, verify.Report{Events: 4, Streams: 3, Sagas: 2, Open: 2, Parked: 1, Unhashed: 1}, report)
	})
}

// cut is a log that cannot be read to its end.
type cut struct{ events }

func (c cut) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for ev := range c.events.ReadAll(ctx, after, dir, f) {
			if !yield(ev, nil) {
				return
			}
		}
		yield(eventstore.RecordedEvent{}, fmt.Errorf("page 7: %w", eventstore.ErrCorrupt))
	}
}
