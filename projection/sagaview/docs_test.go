package sagaview_test

import (
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// Every query of docs/read-models.md runs against a read model of sagas that met all kinds of fate.
func TestTheQueriesOfTheDocumentRun(t *testing.T) {
	text, err := os.ReadFile("../../docs/read-models.md")
	require.NoError(t, err)
	queries := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	require.Len(t, queries, 12)
	db, found := openDB(t), map[string]bool{}
	for seed := range 40 {
		f := &fixture{t: t, store: memory.New(), db: db, now: noon}
		rapid.Custom(func(t *rapid.T) int { return len(f.walk(t)) }).Example(seed)
		f.asking(journeyDef(saga.AwaitOptions[bool]{}))
		f.pass(time.Hour)
		require.NoError(t, f.projector().Rebuild(t.Context()))
		for _, query := range queries {
			rows, err := db.Read.QueryContext(t.Context(), query[1])
			require.NoError(t, err, query[1])
			found[query[1]] = found[query[1]] || rows.Next()
			require.NoError(t, rows.Err(), query[1])
			require.NoError(t, rows.Close())
		}
	}
	for _, query := range queries {
		require.True(t, found[query[1]], "a query that finds nothing shows nothing: %s", query[1])
	}
}
