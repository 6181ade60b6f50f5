package saga_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/saga"
)

// soon is a definition like that of parcels whose retries come at once, for tests in real time.
func (s *shop) soon(c *saga.Config) {
	n := int(s.processes.Add(1))
	d := saga.Definition[parcel]{Name: "Parcel", Version: 1}
	retry := saga.RetryPolicy{InitialInterval: time.Millisecond}
	for _, step := range parcelSteps {
		d.Steps = append(d.Steps, saga.Compensable(step, s.act(n), s.undo(n), saga.StepOptions{
			Retry: retry, Compensation: saga.AttemptOptions{Retry: retry},
		}))
	}
	c.Definitions = []saga.AnyDefinition{d}
}

func openFile(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// The same crashes over a real file: the dead process keeps it open, with everything that it held in memory, while the
// next one opens it anew.
func TestACrashAtEveryAppendToAFile(t *testing.T) {
	for _, v := range voyages() {
		if v.ref.Name != "Parcel" {
			continue
		}
		for n := 1; n <= v.appends(t); n += 2 {
			before := n%4 == 1
			t.Run(fmt.Sprintf("%s, at append %d, lost %v", v.name, n, before), func(t *testing.T) {
				s, path := v.begin(t), filepath.Join(t.TempDir(), "events.db")
				m := newMortal(openFile(t, path), n, before)
				old := s.run(m, s.soon)
				go func() {
					_, _ = old.Start(t.Context(), v.ref.Name, v.ref.ID, parcel{Item: "lamp 1"})
					// A retry that is due by the time its failure is recorded shares that append: then there are fewer.
					if _, err := old.Wait(t.Context(), v.ref.Name, v.ref.ID); err == nil {
						m.die()
					}
				}()
				<-m.dead
				store := openFile(t, path)
				p := s.run(store, s.soon)
				p.start(v.ref)
				v.arrive(s, store, p.rest(v.ref))
				m.bury(old)
				p.stop()
			})
		}
	}
}

// Several stores on one file: one runs the orchestrator, another is that of a client in another process.
func TestAClientOnAnotherStoreOfTheSameFile(t *testing.T) {
	s, path := newShop(t), filepath.Join(t.TempDir(), "events.db")
	store, elsewhere := openFile(t, path), s.open(openFile(t, path), s.soon)
	s.set(compensation("pay"), always(refuses))
	s.set(action("ship"), always(refuses))
	p := s.run(store, s.soon)
	ref := parcelRef(1)
	_, err := elsewhere.Start(t.Context(), ref.Name, ref.ID, parcel{})
	require.NoError(t, err)
	end, err := elsewhere.Wait(t.Context(), ref.Name, ref.ID)
	require.NoError(t, err)
	requireParked(t, end, compensation("pay"), saga.ParkedPermanentError, 1)
	s.heal()
	require.NoError(t, elsewhere.Redrive(t.Context(), ref.Name, ref.ID, "ann", "fixed", end.Instance.Revision()))
	end, err = elsewhere.Wait(t.Context(), ref.Name, ref.ID)
	require.NoError(t, err)
	require.Equal(t, saga.StateFailed, end.State)
	require.ErrorIs(t, elsewhere.Run(t.Context()), eventstore.ErrLocked)
	p.stop()
	s.verify(store)
}
