package projection_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

// BenchmarkCatchUp tells events/s through the projector: with a projection that does nothing, which is what the
// framework itself costs, and with one upsert an event over 1,000 rows.
func BenchmarkCatchUp(b *testing.B) {
	upsert := func(tx *projection.Tx, events []eventstore.RecordedEvent) error {
		for _, e := range events {
			_, err := tx.Exec(`INSERT INTO {rows} VALUES ($1, 1) ON CONFLICT (k) DO UPDATE SET n = {rows}.n + 1`, e.Stream)
			if err != nil {
				return err
			}
		}
		return nil
	}
	for _, c := range []struct {
		name  string
		apply func(tx *projection.Tx, events []eventstore.RecordedEvent) error
	}{
		{"nothing", func(*projection.Tx, []eventstore.RecordedEvent) error { return nil }},
		{"upsert", upsert},
	} {
		b.Run(c.name, func(b *testing.B) {
			store := memory.New()
			defer store.Close()
			fill(b, store, b.N)
			db, err := sqlitedb.Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"))
			require.NoError(b, err)
			defer db.Close()
			p, err := projection.New(projection.Config{Store: store, DB: db.Write, Projection: rows{c.apply}})
			require.NoError(b, err)
			b.ReportAllocs()
			b.ResetTimer()
			require.NoError(b, p.CatchUp(b.Context()))
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

type rows struct {
	apply func(tx *projection.Tx, events []eventstore.RecordedEvent) error
}

func (rows) Spec() projection.Spec {
	return projection.Spec{Name: "rows", Version: 1, Tables: []projection.Table{
		{Name: "rows", Columns: "k TEXT PRIMARY KEY, n BIGINT NOT NULL", Options: "WITHOUT ROWID"}}}
}

func (r rows) Apply(_ context.Context, tx *projection.Tx, events []eventstore.RecordedEvent) error {
	return r.apply(tx, events)
}

// fill appends n events of 200 bytes to 1,000 streams.
func fill(b *testing.B, store *memory.Store, n int) {
	b.Helper()
	data := fmt.Appendf(nil, `{"pad":"%0190d"}`, 0)
	for i := range n {
		id, err := eventstore.NewEventID()
		require.NoError(b, err)
		_, err = store.Append(b.Context(), fmt.Sprint("row-", i%1000), eventstore.Any,
			eventstore.EventData{ID: id, Type: "Counted", Data: data})
		require.NoError(b, err)
	}
}
