package saga_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// openIn returns the ids of a name in a record, in their order.
func openIn(chunks []saga.OpenSagasRecorded, name string) (ids []string) {
	for _, chunk := range chunks {
		ids = append(ids, chunk.Sagas[name]...)
	}
	return ids
}

func TestManyOpenSagasOfLongIDsAreRecordedInChunks(t *testing.T) {
	for filler, sagas := range map[string]int{"x": 20_000, "<": 3000, `"`: 3000, "\u2028": 3000} {
		t.Run(fmt.Sprintf("%d ids of %q", sagas, filler), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := newShop(t), memory.New()
				var want []string
				for i := range sagas {
					id := fmt.Sprintf("%06d", i)
					id += strings.Repeat(filler, (saga.MaxIDBytes-len(id))/len(filler))
					want = append(want, id)
					put(t, store, saga.Ref{Name: "Foreign", ID: id}.Stream(), saga.TypeSagaStarted, `{}`)
				}
				p := s.run(store)
				synctest.Wait()
				p.stop()
				chunks := records(t, store, "main") // which also looks at their size
				require.Greater(t, len(chunks), 3)
				for i, chunk := range chunks {
					require.Equal(t, i, chunk.Chunk)
					require.Equal(t, i == len(chunks)-1, chunk.Last)
					require.Equal(t, chunks[0].Position, chunk.Position)
				}
				require.Equal(t, want, openIn(chunks, "Foreign"))
				c := &counted{Store: store}
				p = s.run(c)
				synctest.Wait()
				require.Equal(t, sagas, p.Status(t.Context()).Counts.Untouched)
				require.Zero(t, c.read.Load())
				p.stop()
			})
		})
	}
}

func TestTheIndexIsWrittenWhenTheTailIsLongEnough(t *testing.T) {
	const step = 5 // events, that each one which is looked at stands for
	for _, c := range []struct {
		open, noise int
		written     bool
	}{
		{0, 10_000/step - 1, false},
		{0, 10_000 / step, true},
		{3000, 4*3000/step - 1, false}, // for each open saga four events
		{3000, 4 * 3000 / step, true},
	} {
		t.Run(fmt.Sprintf("%d open, %d others", c.open, c.noise), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := newShop(t), memory.New()
				for i := range c.open {
					put(t, store, saga.Ref{Name: "Foreign", ID: fmt.Sprint(i)}.Stream(), saga.TypeSagaStarted, `{}`)
				}
				p := s.run(store)
				synctest.Wait()
				p.stop()
				before := len(records(t, store, "main"))
				put(t, store, "saga:Noise-1", saga.TypeStepRedriven, slices.Repeat([]string{`{}`}, c.noise)...)
				p = s.run(store)
				synctest.Wait()
				require.Equal(t, c.written, len(records(t, store, "main")) > before)
				p.stop()
			})
		})
	}
}

// The log holds a saga of which the orchestrator has not been told yet that it was stored.
func TestASagaThatIsBeingStartedIsInTheIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef("slow")
		m := newMortal(&hooked{Store: store, appending: func(stream string, _ []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			result, err := next()
			if stream == ref.Stream() {
				time.Sleep(time.Hour)
			}
			return result, err
		}}, 0, false)
		old := s.run(m)
		synctest.Wait()
		go func() { _, _ = old.Start(t.Context(), ref.Name, ref.ID, parcel{Item: "lamp slow"}) }()
		synctest.Wait()
		grow(t, store)
		synctest.Wait()
		require.Equal(t, []string{"slow"}, openIn(records(t, store, "main"), "Parcel"))
		m.die()
		c := &counted{Store: store}
		p := s.run(c)
		require.Equal(t, saga.StateCompleted, p.rest(ref).State)
		require.LessOrEqual(t, c.read.Load(), int64(1), "the record may have begun one event before the last")
		m.bury(old)
		p.stop()
		s.verify(store)
	})
}

func TestASagaLostToAnotherOrchestratorStaysInTheIndexUntilItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("pay"), first(takes(30*time.Second, succeeds)))
		one := s.run(lockless{store})
		two := s.run(lockless{store}, func(c *saga.Config) { c.Name = "other" })
		synctest.Wait()
		one.start(ref)
		synctest.Wait()
		require.Equal(t, 1, two.Status(t.Context()).Counts.Untouched)
		grow(t, store)
		synctest.Wait()
		require.Equal(t, []string{"1"}, openIn(records(t, store, "other"), "Parcel"))
		require.Equal(t, saga.StateCompleted, one.rest(ref).State)
		synctest.Wait()
		require.Zero(t, two.Status(t.Context()).Counts.Untouched)
		grow(t, store)
		synctest.Wait()
		require.Empty(t, openIn(records(t, store, "other")[1:], "Parcel"))
		one.stop()
		two.stop()
		s.verify(store)
	})
}

func TestAnIndexThatCannotBeWrittenStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		p := s.run(&hooked{Store: store, appending: func(stream string, _ []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			if stream == saga.IndexStream("main") {
				return eventstore.AppendResult{}, eventstore.ErrDenied
			}
			return next()
		}})
		synctest.Wait()
		grow(t, store)
		synctest.Wait()
		p.start(parcelRef(1))
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State)
		p.stop()
		require.Empty(t, records(t, store, "main"))
	})
}
