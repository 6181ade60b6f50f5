package projection_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
)

func TestEachEventIsAppliedExactlyOnceWhenApplyEndsAtAnyEvent(t *testing.T) {
	const events = 9
	errDown := errors.New("down")
	for _, size := range []int{1, 4} {
		for _, how := range []string{"error", "panic"} {
			t.Run(fmt.Sprintf("with an %s, in batches of %d", how, size), func(t *testing.T) {
				for n := range events {
					f := newFixture(t)
					f.deposits(events)
					seen := 0
					failing := ledger{before: func(e eventstore.RecordedEvent) error {
						if p, _ := e.Position.Parts(); p != uint64(n)+1 {
							return nil
						}
						if seen++; how == "panic" {
							panic(errDown)
						}
						return errDown
					}}
					err := f.projector(failing, batchSize(size)).CatchUp(t.Context())
					require.ErrorIs(t, err, projection.ErrPoison)
					require.ErrorContains(t, err, "down")
					require.Equal(t, int64(n), f.status().EventsApplied, "everything before the event is applied")
					require.NoError(t, f.projector(ledger{}, batchSize(size)).CatchUp(t.Context()))
					require.Equal(t, f.fold(ledger{}), f.dump())
					require.NotZero(t, seen)
				}
			})
		}
	}
}

func TestEachEventIsAppliedExactlyOnceWhenTheProcessDiesAtAnyCommit(t *testing.T) {
	const events = 9
	for _, when := range []string{"before it is durable", "after it is durable"} {
		t.Run(when, func(t *testing.T) {
			f := newFixture(t)
			f.deposits(events)
			want := f.fold(ledger{})
			for n := 0; ; n++ {
				commits := 0
				db := openFaulty(t, func() (before, after bool) {
					hit := commits == n
					commits++
					return hit && when == "before it is durable", hit && when == "after it is durable"
				})
				err := catchUpOn(t, f, db)
				if commits <= n {
					require.NoError(t, err)
					require.Greater(t, n, events/4, "every commit had its turn")
					break
				}
				require.ErrorIs(t, err, errCommit)
				require.NoError(t, catchUpOn(t, f, db))
				require.Equal(t, want, dump(t, db), "died at commit %d", n)
			}
		})
	}
}

func TestEachEventIsAppliedExactlyOnceWhenTheLogDeliversItAgain(t *testing.T) {
	f := newFixture(t)
	f.deposits(3)
	require.NoError(t, f.projector(ledger{}).CatchUp(t.Context()))
	f.deposits(9)
	want := f.fold(ledger{})
	f.store = &stutter{Store: f.store} // it delivers events from before the restart, too
	hook, wait := signal()
	stop := run(t, f.projector(ledger{after: hook}, batchSize(4)))
	wait(t, "account-a1", f.next["account-a1"]-1) // the last of them
	require.NoError(t, stop())
	require.Equal(t, want, f.dump())
	require.Equal(t, int64(9+3), f.status().EventsApplied)
}

func TestEachEventIsAppliedExactlyOnceOverRestartsThatAreCancelledAtAnyEvent(t *testing.T) {
	const events = 9
	f := newFixture(t)
	f.deposits(events)
	runs := 0
	for f.status().EventsApplied < events {
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		p := f.projector(ledger{before: func(eventstore.RecordedEvent) error {
			if seen++; seen == 1 {
				cancel()
			}
			return nil
		}}, batchSize(2))
		require.NoError(t, p.Run(ctx))
		runs++
		require.LessOrEqual(t, runs, events, "each run makes progress")
		cancel()
	}
	require.Equal(t, f.fold(ledger{}), f.dump())
}

func catchUpOn(t *testing.T, f *fixture, db *sql.DB) error {
	t.Helper()
	p := f.projector(ledger{}, batchSize(4), func(c *projection.Config) { c.DB, c.TakeOver = db, true })
	return p.CatchUp(context.Background())
}

// stutter is a store whose subscriptions deliver each event twice, and all that came before once more: at their start
// and after every fifth message.
type stutter struct{ eventstore.Store }

func (s *stutter) LogID(ctx context.Context) (string, error) {
	return s.Store.(eventstore.Identified).LogID(ctx)
}

func (s *stutter) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		again := func(upTo eventstore.Position) bool {
			for e, err := range s.Store.ReadAll(ctx, eventstore.Position{}, eventstore.Forwards, f) {
				if err != nil || e.Position.After(upTo) {
					break
				}
				if !yield(eventstore.Message{Kind: eventstore.KindEvent, Position: e.Position, Event: e}, nil) {
					return false
				}
			}
			return true
		}
		if !again(after) {
			return
		}
		n := 0
		for m, err := range s.Store.Subscribe(ctx, after, f) {
			if !yield(m, err) || m.Kind == eventstore.KindEvent && !yield(m, err) {
				return
			}
			if n++; n%5 == 0 && !again(m.Position) {
				return
			}
		}
	}
}
