//go:build unix

package replicas_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/saga"
)

// driver starts sagas from outside, through an orchestrator that does not run, and writes down each start that was
// acknowledged.
type driver struct {
	t            *testing.T
	store        *postgres.Store
	books        *books
	orchestrator *saga.Orchestrator
	record       *os.File
	started      int

	mu      sync.Mutex
	refused int // starts that were not acknowledged
}

func newDriver(t *testing.T, g *group) *driver {
	t.Helper()
	d := &driver{t: t}
	var err error
	d.store, err = g.place.open(t.Context())
	require.NoError(t, err)
	d.books, err = openBooks(t.Context(), g.place)
	require.NoError(t, err)
	d.orchestrator, err = saga.New(saga.Config{Store: d.store, Definitions: (&crew{books: d.books}).definitions()})
	require.NoError(t, err)
	d.record, err = os.Create(filepath.Join(g.dir, "acknowledged"))
	require.NoError(t, err)
	t.Cleanup(func() {
		d.books.pool.Close()
		require.NoError(t, errors.Join(d.store.Close(), d.record.Close()))
	})
	return d
}

// next names the saga to start.
func (d *driver) next() saga.Ref {
	d.started++
	name := orders
	if d.started%3 == 0 {
		name = tickets
	}
	return saga.Ref{Name: name, ID: fmt.Sprintf("%05d", d.started)}
}

// start starts one saga. A store that does not answer is no error: then nobody counts on the saga.
func (d *driver) start(ctx context.Context, ref saga.Ref) error {
	_, err := d.orchestrator.StartWith(ctx, ref.Name, ref.ID, cargo{N: len(ref.ID)}, saga.StartOptions{Actor: "driver"})
	switch {
	case err == nil:
		_, err = d.record.WriteString(ref.String() + "\n")
	case errors.Is(err, eventstore.ErrUnavailable), errors.Is(err, eventstore.ErrIndeterminate), ctx.Err() != nil:
		d.mu.Lock()
		d.refused++
		d.mu.Unlock()
		err = nil
	}
	return err
}

// begin starts sagas at a steady rate, each on a goroutine of its own, until end is called, which returns when all of
// them are known.
func (d *driver) begin(every time.Duration) (end func()) {
	ctx, cancel := context.WithCancel(d.t.Context())
	done := make(chan error, 1)
	go func() {
		var starts errgroup.Group
		for pause(ctx, every) == nil {
			ref := d.next()
			starts.Go(func() error { return d.start(d.t.Context(), ref) })
		}
		done <- starts.Wait()
	}()
	var once sync.Once
	return func() {
		once.Do(func() {
			cancel()
			require.NoError(d.t, <-done)
		})
	}
}

// burst starts many at once.
func (d *driver) burst(n int) {
	d.t.Helper()
	var starts errgroup.Group
	for range n {
		ref := d.next()
		starts.Go(func() error { return d.start(d.t.Context(), ref) })
	}
	require.NoError(d.t, starts.Wait())
}

// acknowledged reads the record.
func (d *driver) acknowledged() []string {
	d.t.Helper()
	text, err := os.ReadFile(d.record.Name())
	require.NoError(d.t, err)
	return strings.Fields(string(text))
}

// awaitRest waits until every saga of the log has ended or is parked, and returns those that are parked.
func (d *driver) awaitRest() (parked []saga.Ref) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	open := map[saga.Ref]bool{} // whether it is parked
	filter := eventstore.Filter{TypePrefixes: []string{
		saga.TypeSagaStarted, saga.TypeSagaCompleted, saga.TypeSagaFailed, saga.TypeSagaParked, saga.TypeStepRedriven,
	}}
	for message, err := range d.store.Subscribe(ctx, eventstore.Position{}, filter) {
		require.NoError(d.t, err, "still open, and whether parked: %v", open)
		if message.Kind == eventstore.KindEvent {
			ref, isSaga := saga.ParseStream(message.Event.Stream)
			switch {
			case !isSaga:
			case message.Event.Type == saga.TypeSagaCompleted, message.Event.Type == saga.TypeSagaFailed:
				delete(open, ref)
			default:
				open[ref] = message.Event.Type == saga.TypeSagaParked
			}
		}
		if message.Kind != eventstore.KindCaughtUp {
			continue
		}
		parked = parked[:0]
		for ref, isParked := range open {
			if isParked {
				parked = append(parked, ref)
			}
		}
		if len(parked) == len(open) {
			return parked
		}
	}
	require.FailNow(d.t, "the subscription ended")
	return nil
}

// redrive lets parked sagas go on, as an operator would.
func (d *driver) redrive(parked []saga.Ref) {
	d.t.Helper()
	for _, ref := range parked {
		instance, err := d.orchestrator.Load(d.t.Context(), ref.Name, ref.ID)
		require.NoError(d.t, err)
		require.NoError(d.t, d.orchestrator.Redrive(d.t.Context(), ref.Name, ref.ID, "a test", "the test is over", instance.Revision()))
	}
}
