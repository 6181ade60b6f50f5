package projection_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

// Whatever happens to a projector, the tables are at each moment the fold of the log up to the checkpoint that stands in
// the same database, no event more and none less; the checkpoint never goes back; and a rebuild makes what was there.
func TestTheTablesAreTheFoldOfTheLogUpToTheirCheckpoint(t *testing.T) {
	deaths, cuts, rebuilds := 0, 0, 0
	var fails func() (before, after bool)
	db := openFaulty(t, func() (bool, bool) { return fails() })
	rapid.Check(t, func(rt *rapid.T) {
		fails = func() (bool, bool) { return false, false }
		f := &fixture{t: t, store: memory.New(), next: map[string]int64{}, db: &sqlitedb.DB{Write: db, Read: db}}
		defer f.store.Close()
		own := func(c *projection.Config) { c.BatchSize, c.TakeOver = rapid.IntRange(1, 5).Draw(rt, "batch"), true }
		require.NoError(rt, f.projector(ledger{}, own).Rebuild(context.Background())) // each round is another log
		var checkpoint eventstore.Position
		for range rapid.IntRange(1, 6).Draw(rt, "moves") {
			f.deposits(rapid.IntRange(0, 6).Draw(rt, "events"))
			commits := 0
			dies := rapid.IntRange(0, 8).Draw(rt, "dies at commit")
			afterwards := rapid.Bool().Draw(rt, "after it is durable")
			fails = func() (bool, bool) {
				hit := commits == dies
				commits++
				return hit && !afterwards, hit && afterwards
			}
			ctx, cancel := context.WithCancel(context.Background())
			left := rapid.IntRange(0, 12).Draw(rt, "cut off after")
			p := f.projector(ledger{before: func(eventstore.RecordedEvent) error {
				if left--; left == 0 {
					cuts++
					cancel()
				}
				return nil
			}}, own)
			var err error
			if rapid.IntRange(0, 3).Draw(rt, "rebuild") == 0 {
				rebuilds++
				err = p.Rebuild(ctx)
			} else {
				err = p.CatchUp(ctx)
			}
			cancel()
			if commits > dies {
				deaths++
			}
			require.True(rt, err == nil || commits > dies || left <= 0, "%v", err)
			now := checkpointOf(rt, db)
			require.False(rt, checkpoint.After(now), "the checkpoint went back from %s to %s", checkpoint, now)
			checkpoint = now
			require.Equal(rt, foldUpTo(rt, f.store, now), rowsOf(rt, db))
		}
		fails = func() (bool, bool) { return false, false }
		require.NoError(rt, f.projector(ledger{}, own).CatchUp(context.Background()))
		live := rowsOf(rt, db)
		require.NoError(rt, f.projector(ledger{}, own).Rebuild(context.Background()))
		require.Equal(rt, live, rowsOf(rt, db))
	})
	require.NotZero(t, deaths, "no commit failed")
	require.NotZero(t, cuts, "no projector was cut off")
	require.NotZero(t, rebuilds, "nothing was rebuilt")
}

func checkpointOf(t *rapid.T, db *sql.DB) eventstore.Position {
	status, err := projection.ReadStatus(context.Background(), db, "ledger", time.Now())
	require.NoError(t, err)
	return status.Position
}

// foldUpTo is what the tables of the ledger must hold, worked out without a database.
func foldUpTo(t *rapid.T, store eventstore.Store, checkpoint eventstore.Position) []string {
	balances, total, lines := map[string]int64{}, int64(0), []string{}
	for ev, err := range store.ReadAll(context.Background(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		require.NoError(t, err)
		if ev.Position.After(checkpoint) {
			break
		}
		var cents int64
		require.NoError(t, json.Unmarshal(ev.Data, &cents))
		balances[ev.Stream] += cents
		total += cents
		lines = append(lines, fmt.Sprint("entry ", ev.Stream, " ", ev.Revision, " ", ev.Position))
	}
	for account, cents := range balances {
		lines = append(lines, fmt.Sprint("balance ", account, " ", cents))
	}
	if len(balances) > 0 {
		lines = append(lines, fmt.Sprint("total ", total))
	}
	slices.Sort(lines)
	return lines
}

func rowsOf(t *rapid.T, db *sql.DB) []string {
	lines := []string{}
	for _, query := range []string{
		`SELECT 'entry', stream, revision, position FROM entries`, `SELECT 'balance', account, cents FROM balances`,
		`SELECT 'total', cents FROM totals`,
	} {
		rows, err := db.Query(query)
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values, into := make([]string, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			require.NoError(t, rows.Scan(into...))
			lines = append(lines, strings.Join(values, " "))
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	slices.Sort(lines)
	return lines
}
