package sqlite_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

func TestAKilledProcessLosesNothingThatItAcknowledged(t *testing.T) {
	path := newPath(t)
	acknowledged := map[string]bool{}
	for cycle := range 5 {
		writer := startChild(t, "append for ever", path)
		for range 500 * (cycle + 1) {
			line := writer.line()
			require.NotEmpty(t, line)
			acknowledged[line] = true
		}
		for _, line := range writer.kill() {
			// What it wrote to the pipe in one piece counts; the kill may have cut the last piece.
			if fields := strings.Fields(line); len(fields) == 3 && len(fields[2]) == 36 {
				acknowledged[line] = true
			}
		}

		store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		require.NoError(t, err)
		stored := map[string]bool{}
		for _, e := range readAll(t, store) {
			stored[fmt.Sprintf("%s %d %s", e.Stream, e.Revision, e.ID)] = true
		}
		for line := range acknowledged {
			require.True(t, stored[line], "cycle %d lost %s", cycle, line)
		}
		eventstoretest.Check(t, store)
		require.NoError(t, store.Close())
	}
	requireIntact(t, path)
}

func requireIntact(t *testing.T, path string) {
	t.Helper()
	var findings []string
	require.NoError(t, sqlitex.ExecuteTransient(openRaw(t, path), "PRAGMA integrity_check", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *zombiezen.Stmt) error {
			findings = append(findings, stmt.ColumnText(0))
			return nil
		},
	}))
	require.Equal(t, []string{"ok"}, findings)
}

func TestAWriterGetsItsTurnWhileAnotherProcessAppendsWithoutAPause(t *testing.T) {
	path := newPath(t)
	store := open(t, path)
	other := startChild(t, "append for ever", path)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for other.line() != "" { // lest it wait for its reader
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, other.command.Process.Kill())
		<-drained
	})
	follow(t, store, 1_000)
	var worst int64
	for n := range 100 {
		before := head(t, store)
		result := mustAppend(t, store, fmt.Sprintf("patient-%d", n), -1, newEvent(n))
		worst = max(worst, position(result.Position)-position(before))
	}
	// Each batch of the other process holds at most two events of each of its writers, and a turn is one batch. The rest
	// of the bound is for the machine that holds up this process between the look at the head and the append.
	require.Less(t, worst, int64(4*2*childWriters), "events of the other process that went before one of ours")
}

// follow returns when the log holds n events.
func follow(t *testing.T, store eventstore.Store, n int64) {
	t.Helper()
	for message, err := range store.Subscribe(t.Context(), eventstore.Position{}, eventstore.Filter{}) {
		require.NoError(t, err)
		if position(message.Position) >= n {
			return
		}
	}
}

func head(t *testing.T, store eventstore.Store) eventstore.Position {
	t.Helper()
	for event, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Backwards, eventstore.Filter{}) {
		require.NoError(t, err)
		return event.Position
	}
	return eventstore.Position{}
}

func position(p eventstore.Position) int64 {
	major, _ := p.Parts()
	return int64(major)
}

func TestProcessesThatCreateTheSameLogAtOnceAgreeOnIt(t *testing.T) {
	path := newPath(t)
	var children []*child
	for range 8 {
		children = append(children, startChild(t, "open", path))
	}
	ids := map[string]bool{}
	for _, c := range children {
		ids[c.line()] = true
	}
	require.Len(t, ids, 1, "log ids %v", ids)
	for _, c := range children {
		rest, err := c.stop()
		require.NoError(t, err, rest)
	}
	id, err := open(t, path).LogID(t.Context())
	require.NoError(t, err)
	require.Contains(t, ids, id+" <nil>")
}

func TestTwoProcessesWriteOneConsistentLog(t *testing.T) {
	path := newPath(t)
	store := open(t, path)
	other := startChild(t, "append for ever", path)
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			for n := range 50 {
				_, err := store.Append(context.Background(), fmt.Sprintf("here-%d", w), eventstore.Exactly(int64(n)-1), newEvent(n))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 500 {
		require.NotEmpty(t, other.line())
	}
	group.Wait()
	rest, err := other.stop()
	require.NoError(t, err)
	for _, line := range rest {
		require.False(t, strings.HasPrefix(line, "error") && !strings.Contains(line, eventstore.ErrClosed.Error()), line)
	}
	eventstoretest.Check(t, store)
}
