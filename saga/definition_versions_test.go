package saga_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// mill is a workshop whose definitions note which of their functions are called.
type mill struct {
	mu    sync.Mutex
	calls []string
	hang  string // the first call of this one does not return by itself
}

var millRef = saga.Ref{Name: "Mill", ID: "1"}

// version makes a version of the definition Mill whose steps have these names.
func (m *mill) version(v int, steps ...string) saga.Definition[goods] {
	d := saga.Definition[goods]{Name: "Mill", Version: v}
	for _, step := range steps {
		do := func(ctx context.Context, _ saga.Call[goods]) (string, error) {
			return step, m.called(ctx, fmt.Sprintf("%s of version %d", step, v))
		}
		undo := func(ctx context.Context, _ saga.Call[goods], _ *string) error {
			return m.called(ctx, fmt.Sprintf("undo %s of version %d", step, v))
		}
		d.Steps = append(d.Steps, saga.Compensable(step, do, undo, saga.StepOptions{}))
	}
	return d
}

func (m *mill) called(ctx context.Context, call string) error {
	m.mu.Lock()
	m.calls = append(m.calls, call)
	hangs := m.hang == call
	if hangs {
		m.hang = ""
	}
	m.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (m *mill) took() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls = nil
	return calls
}

func with(definitions ...saga.AnyDefinition) func(*saga.Config) {
	return func(c *saga.Config) { c.Definitions = definitions }
}

func TestSagasAreStartedWithTheHighestVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mill{}
		versions := []saga.AnyDefinition{m.version(2, "b"), m.version(10, "c"), m.version(1, "a")}
		for range versions {
			versions = append(versions[1:], versions[0])
			s, store := newShop(t), memory.New()
			p := s.run(store, with(slices.Clone(versions)...))
			_, err := p.Start(t.Context(), "Mill", "1", someGoods)
			require.NoError(t, err)
			require.Equal(t, 10, p.rest(millRef).Instance.Version())
			require.Equal(t, []string{"c of version 10"}, m.took())
			_, err = s.open(store, with(versions...)).Start(t.Context(), "Mill", "2", someGoods)
			require.NoError(t, err, "also when it is started through the store alone")
			require.Equal(t, 10, p.rest(saga.Ref{Name: "Mill", ID: "2"}).Instance.Version())
			m.took()
			p.stop()
		}
	})
}

// begunBy leaves behind a saga in a store, begun by a version, whose first step was interrupted.
func (m *mill) begunBy(s *shop, store *memory.Store, d saga.Definition[goods]) {
	m.hang = fmt.Sprintf("a of version %d", d.Version)
	p := s.run(store, with(d))
	_, err := p.Start(s.t.Context(), "Mill", "1", someGoods)
	require.NoError(s.t, err)
	synctest.Wait()
	p.stop()
	m.took()
}

func TestASagaGoesOnWithTheFunctionsOfItsOwnVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, m := newShop(t), memory.New(), &mill{}
		m.begunBy(s, store, m.version(2, "a", "b"))
		p := s.run(store, with(m.version(3, "a", "b", "c"), m.version(1, "a", "b"), m.version(2, "a", "b")))
		end := p.rest(millRef)
		require.Equal(t, saga.StateCompleted, end.State)
		require.Equal(t, 2, end.Instance.Version())
		require.Equal(t, []string{"a of version 2", "b of version 2"}, m.took())
		p.stop()
		s.verify(store)
	})
}

func TestASagaWhoseVersionIsNotRegisteredGoesOnWithTheNextOneAbove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, m := newShop(t), memory.New(), &mill{}
		m.begunBy(s, store, m.version(2, "a", "b"))
		p := s.run(store, with(m.version(5, "a", "b"), m.version(1, "a", "b"), m.version(3, "a")))
		end := p.rest(millRef)
		require.Equal(t, []string{"a of version 3"}, m.took())
		require.Equal(t, saga.ParkedStepMissing, end.Parked.Reason, "no function is taken from any other version")
		require.Equal(t, "b", end.Parked.Step)
		p.stop()

		p = s.run(store, with(m.version(1, "a", "b")))
		synctest.Wait()
		require.Equal(t, []saga.Excluded{
			{Ref: millRef, Reason: "it runs version 2, the highest registered is 1"},
		}, p.Status(t.Context()).Untouched)
		p.stop()
		s.verify(store)
	})
}

func TestASignalIsAResultByTheVersionOfTheSagaThatHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		words := saga.Definition[goods]{Name: "Mill", Version: 1, Steps: []saga.Step[goods]{
			saga.Await[goods]("approval", saga.AwaitOptions[string]{}),
		}}
		numbers := saga.Definition[goods]{Name: "Mill", Version: 2, Steps: []saga.Step[goods]{
			saga.Await[goods]("approval", saga.AwaitOptions[int]{}),
		}}
		p := s.run(store, with(words))
		_, err := p.Start(t.Context(), "Mill", "1", someGoods)
		require.NoError(t, err)
		p.stop()
		p = s.run(store, with(words, numbers))
		_, err = p.Start(t.Context(), "Mill", "2", someGoods)
		require.NoError(t, err)
		signal := saga.Signal{ID: "s", Name: "approval", Payload: "yes"}
		require.ErrorIs(t, p.Signal(t.Context(), "Mill", "2", signal), saga.ErrInvalidSignal)
		require.NoError(t, p.Signal(t.Context(), "Mill", "1", signal))
		require.Equal(t, saga.StateCompleted, p.rest(millRef).State)
		p.stop()
		s.verify(store)
	})
}

func TestAChildIsStartedWithTheHighestVersionOfItsDefinition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, m := newShop(t), memory.New(), &mill{}
		parent := saga.Definition[goods]{Name: "Parent", Version: 1, Steps: []saga.Step[goods]{
			saga.Child("mill", "Mill", dataOfChild, saga.ChildOptions[goods]{NothingToUndo: true}),
		}}
		p := s.run(store, with(m.version(2, "b"), parent, m.version(1, "a")))
		_, err := p.Start(t.Context(), "Parent", "1", someGoods)
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, p.rest(saga.Ref{Name: "Parent", ID: "1"}).State)
		require.Equal(t, []string{"b of version 2"}, m.took())
		p.stop()
		s.verify(store)
	})
}
