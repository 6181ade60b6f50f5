package projection_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
)

type described projection.Spec

func (d described) Spec() projection.Spec { return projection.Spec(d) }

func (described) Apply(context.Context, *projection.Tx, []eventstore.RecordedEvent) error { return nil }

func TestNewReportsAllFaultsTogether(t *testing.T) {
	_, err := projection.New(projection.Config{BatchSize: -1, FlushInterval: -1, Heartbeat: -1, OnPoison: 9})
	for _, fault := range []string{"no Store", "no DB", "no Projection", "OnPoison", "BatchSize", "FlushInterval", "Heartbeat"} {
		require.ErrorContains(t, err, fault)
	}

	f := newFixture(t)
	_, err = projection.New(projection.Config{Store: f.store, DB: f.db.Write, Projection: described{
		Name:   "Not-a name",
		Filter: eventstore.Filter{StreamPrefixes: []string{"a"}, TypePrefixes: []string{"b"}},
		Tables: []projection.Table{
			{Name: "sagas; DROP TABLE x", Columns: "a"},
			{Name: "projection_checkpoint", Columns: "a"},
			{Name: "orders__rebuild", Columns: "a"},
			{Name: "empty"},
			{Name: "twice", Columns: "a", Indexes: []projection.Index{{Name: "on_nothing"}}},
		},
		Views: []projection.View{{Name: "twice", Query: "SELECT 1"}, {Name: "blank"}},
	}})
	for _, fault := range []string{`name "Not-a name"`, "version 0", "one kind", `table name "sagas; DROP`,
		`"projection_checkpoint" is used twice or reserved`, `ends with __rebuild`, `table "empty" has no columns`,
		`index "on_nothing" is on nothing`, `view name "twice" is used twice`, `view "blank" has no query`} {
		require.ErrorContains(t, err, fault)
	}
	require.ErrorContains(t, projection.Spec{}.Validate(), "no tables")
}

func TestTheTransactionReadsAndReportsBadSQL(t *testing.T) {
	f := newFixture(t)
	f.deposits(3)
	var texts []string
	probe := probe{func(tx *projection.Tx) error {
		var n int
		if err := tx.QueryRow(`SELECT count(*) FROM {notes}`).Scan(&n); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO {notes} VALUES ($1)`, n); err != nil {
			return err
		}
		rows, err := tx.Query(`SELECT note FROM {notes}`)
		if err != nil {
			return err
		}
		for rows.Next() {
			n++
		}
		texts = append(texts, tx.QueryRow(`SELECT nonsense`).Scan(&n).Error())
		_, err = tx.Exec(`INSERT INTO {unknown} VALUES (1)`)
		texts = append(texts, err.Error())
		_, err = tx.Query(`INSERT INTO {unknown} VALUES (1)`) //nolint:rowserrcheck // there are no rows, it is refused
		texts = append(texts, err.Error())
		return rows.Err()
	}}
	require.NoError(t, f.projector(probe, batchSize(1)).CatchUp(t.Context()))
	var n int
	require.NoError(t, f.db.Read.QueryRow(`SELECT max(note) FROM notes`).Scan(&n))
	require.Equal(t, 2, n)
	require.Contains(t, texts[0], "no such column")
	require.Contains(t, texts[1], "unrecognized token")
	require.Contains(t, texts[2], "{unknown}")
}

type probe struct{ apply func(*projection.Tx) error }

func (probe) Spec() projection.Spec {
	return projection.Spec{Name: "probe", Version: 1, Tables: []projection.Table{{Name: "notes", Columns: "note INTEGER"}}}
}

func (p probe) Apply(_ context.Context, tx *projection.Tx, _ []eventstore.RecordedEvent) error {
	return p.apply(tx)
}
