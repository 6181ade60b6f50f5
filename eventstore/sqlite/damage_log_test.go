package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	zombiezen "zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// The files of a log beside its database.
const (
	walFile    = "-wal"
	shmFile    = "-shm"
	markFile   = ".head"
	pageBytes  = 4096
	walHeader  = 32
	frameBytes = 24 + pageBytes
)

// files is the content of a log's files by what follows the path of its database in their names.
type files map[string][]byte

func (f files) clone() files {
	c := files{}
	for name, content := range f {
		c[name] = append([]byte(nil), content...)
	}
	return c
}

func readFiles(path string) (files, error) {
	f := files{}
	for _, name := range []string{"", walFile, shmFile, markFile} {
		content, err := os.ReadFile(path + name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		f[name] = content
	}
	return f, nil
}

// write makes the directory hold these files and no others.
func (f files) write(path string) error {
	stale, err := filepath.Glob(path + "*")
	for _, name := range stale {
		err = errors.Join(err, os.Remove(name))
	}
	for name, content := range f {
		err = errors.Join(err, os.WriteFile(path+name, content, 0o600))
	}
	return err
}

// writtenLog is a log as it was at four moments, and what it held at the last one. Between the first two the WAL was
// moved into the database.
type writtenLog struct {
	older   files // while it was written, with a WAL that is gone since
	earlier files // while it was written, with the beginning of the last WAL
	hot     files // at the end, with its WAL
	rest    files // closed

	id      string
	events  []eventstore.RecordedEvent
	streams map[string][]eventstore.RecordedEvent
	names   []string // of the streams, in the order of their beginnings
	seal    *verify.Seal
}

// writeLog writes sagas through the orchestrator, aggregates through a repository, and events of any size by hand.
func writeLog(t *testing.T) *writtenLog {
	t.Helper()
	path := newPath(t)
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	raw, err := zombiezen.OpenConn(path, zombiezen.OpenReadWrite)
	require.NoError(t, err)
	w := &logWriter{t: t, store: store, purses: newPurses(t, store)}
	copyFiles := func() files {
		f, err := readFiles(path)
		require.NoError(t, err)
		return f
	}
	l := &writtenLog{streams: map[string][]eventstore.RecordedEvent{}}
	w.phase(10)
	exec(t, raw, "PRAGMA wal_checkpoint(TRUNCATE)")
	w.phase(3)
	l.older = copyFiles()
	w.phase(5)
	exec(t, raw, "PRAGMA wal_checkpoint(TRUNCATE)")
	w.phase(2)
	l.earlier = copyFiles()
	w.phase(3)
	l.hot = copyFiles()
	require.NotEmpty(t, l.hot[walFile])

	l.events = readAll(t, store)
	for _, e := range l.events {
		if e.Revision == 0 {
			l.names = append(l.names, e.Stream)
		}
		l.streams[e.Stream] = append(l.streams[e.Stream], e)
	}
	l.id, err = store.LogID(t.Context())
	require.NoError(t, err)
	l.seal, err = verify.MakeSeal(t.Context(), store, time.Now())
	require.NoError(t, err)
	report, err := verify.Log(t.Context(), store, verify.Config{})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.NoError(t, raw.Close())
	require.NoError(t, store.Close())
	l.rest = copyFiles()
	require.NotContains(t, l.rest, walFile)
	return l
}

// logWriter writes a log phase by phase. Each phase goes on with streams of earlier ones, so that no page stays as it is.
type logWriter struct {
	t      *testing.T
	store  *sqlite.Store
	purses *aggregate.Repository[*purse, int, coins]
	phases int
}

func (w *logWriter) phase(sagas int) {
	w.t.Helper()
	w.phases++
	for i := range 5 * sagas {
		id := fmt.Sprint((w.phases*7 + i*i) % 40)
		_, err := w.purses.Execute(w.t.Context(), id, 1+i%4, aggregate.Envelope{Actor: "test"})
		require.NoError(w.t, err)
		visitor := fmt.Sprintf("visit-%d-%d-%s", i, w.phases, strings.Repeat("x", i%70)) // an index of several pages
		mustAppend(w.t, w.store, visitor, -1, newEvent(i))
	}
	w.sagas(sagas)
	for i := range sagas {
		event := newEvent(i)
		event.Metadata = nil
		event.Data = fmt.Appendf(nil, `{"text":%q}`, strings.Repeat("lorem ipsum ", (i*i*37)%900)) // some over several pages
		_, err := w.store.Append(w.t.Context(), fmt.Sprintf("note-%d", i%6), eventstore.Any, event)
		require.NoError(w.t, err)
	}
}

// sagas runs so many sagas to their ends. Every third one fails and is compensated.
func (w *logWriter) sagas(n int) {
	w.t.Helper()
	step := func(_ context.Context, call saga.Call[int]) (string, error) {
		if call.Data%3 == 0 && call.Step == "ship" {
			return "", saga.Permanent(errors.New("no carrier delivers there"))
		}
		return "done", nil
	}
	undo := func(context.Context, saga.Call[int], *string) error { return nil }
	o, err := saga.New(saga.Config{Store: w.store, Definitions: []saga.AnyDefinition{saga.Definition[int]{
		Name: "Order", Version: 1, Steps: []saga.Step[int]{
			saga.Compensable("reserve", step, undo, saga.StepOptions{}),
			saga.Compensable("charge", step, undo, saga.StepOptions{}),
			saga.Compensable("ship", step, undo, saga.StepOptions{}),
		},
	}}})
	require.NoError(w.t, err)
	ctx, stop := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	for i := range n {
		id := fmt.Sprintf("order-%d-%d", w.phases, i)
		_, err := o.Start(w.t.Context(), "Order", id, i)
		require.NoError(w.t, err)
		_, err = o.Wait(w.t.Context(), "Order", id)
		require.NoError(w.t, err)
	}
	stop()
	require.NoError(w.t, <-ended)
}

// purse is an aggregate that counts coins.
type purse struct{ total int }

type coins struct{ Count int }

// Decide puts so many coins in, one after the other.
func (p *purse) Decide(count int) ([]coins, error) {
	var events []coins
	for i := range count {
		events = append(events, coins{Count: p.total + i})
	}
	return events, nil
}

// Evolve counts.
func (p *purse) Evolve(coins) { p.total++ }

func newPurses(t *testing.T, store eventstore.Store) *aggregate.Repository[*purse, int, coins] {
	t.Helper()
	registry := eventstore.NewRegistry()
	require.NoError(t, eventstore.Register[coins](registry, "CoinAdded"))
	purses, err := aggregate.NewRepository(aggregate.Config[*purse]{
		Store: store, Registry: registry, Category: "purse", New: func(string) *purse { return &purse{} },
	})
	require.NoError(t, err)
	return purses
}
