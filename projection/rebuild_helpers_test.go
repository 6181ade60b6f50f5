package projection_test

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

// other is a later version of ledger that keeps quite different tables.
type other struct{}

func (other) Spec() projection.Spec {
	return projection.Spec{Name: "ledger", Version: 2, Tables: []projection.Table{{Name: "notes", Columns: "note TEXT"}}}
}

func (other) Apply(context.Context, *projection.Tx, []eventstore.RecordedEvent) error { return nil }

func (f *fixture) relations() (names []string) {
	f.t.Helper()
	rows, err := f.db.Read.Query(`SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name`)
	require.NoError(f.t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		require.NoError(f.t, rows.Scan(&name))
		names = append(names, name)
	}
	require.NoError(f.t, rows.Err())
	return names
}

func (f *fixture) indexes() (n int) {
	f.t.Helper()
	require.NoError(f.t, f.db.Read.QueryRow(`SELECT count(*) FROM sqlite_master WHERE type = 'index' AND sql <> ''`).Scan(&n))
	return n
}

// elsewhere opens the fixture's file once more, as another process would.
func (f *fixture) elsewhere() *sqlitedb.DB {
	f.t.Helper()
	var file string
	require.NoError(f.t, f.db.Read.QueryRow(`SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&file))
	db, err := sqlitedb.Open(f.t.Context(), file)
	require.NoError(f.t, err)
	f.t.Cleanup(func() { require.NoError(f.t, db.Close()) })
	return db
}

// readUntil reads the read model over and over, each time in one transaction, and reports a mix of two states: tables
// that do not agree with each other, or with the checkpoint.
func (f *fixture) readUntil(ctx context.Context, reads *atomic.Int64) error {
	for ctx.Err() == nil {
		if err := f.readOnce(); err != nil {
			return err
		}
		reads.Add(1)
	}
	return nil
}

func (f *fixture) readOnce() error {
	ctx := context.Background()
	tx, err := f.db.Read.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var balances, total, entries int64
	if err := tx.QueryRow(`SELECT sum(cents) FROM balances`).Scan(&balances); err != nil {
		return err
	}
	status, err := projection.ReadStatus(ctx, tx, "ledger", time.Now())
	if err != nil {
		return err
	}
	if err := tx.QueryRow(`SELECT cents FROM totals`).Scan(&total); err != nil {
		return err
	}
	if err := tx.QueryRow(`SELECT count(*) FROM entries`).Scan(&entries); err != nil {
		return err
	}
	if balances != total || entries != status.EventsApplied {
		return fmt.Errorf("a mix: balances %d, total %d, entries %d, applied %d", balances, total, entries, status.EventsApplied)
	}
	return nil
}

// counting is a store that counts appends.
type counting struct {
	eventstore.Store
	appends atomic.Int64
}

func (s *counting) LogID(ctx context.Context) (string, error) {
	return s.Store.(eventstore.Identified).LogID(ctx)
}

func (s *counting) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	s.appends.Add(1)
	return s.Store.Append(ctx, stream, expected, events...)
}

// gated is a store whose reads wait for a gate after so many events; reached is closed when one does.
type gated struct {
	eventstore.Store
	at            int
	gate, reached chan struct{}
}

func (s *gated) LogID(ctx context.Context) (string, error) {
	return s.Store.(eventstore.Identified).LogID(ctx)
}

func (s *gated) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		n := 0
		for e, err := range s.Store.ReadAll(ctx, after, dir, f) {
			if n++; n == s.at {
				close(s.reached)
				<-s.gate
			}
			if !yield(e, err) {
				return
			}
		}
	}
}
