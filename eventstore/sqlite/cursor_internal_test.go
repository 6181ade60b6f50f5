package sqlite

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
)

func openLog(t *testing.T, streams ...string) *Store {
	t.Helper()
	store, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "events.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	for _, stream := range streams {
		appendTo(t, store, stream)
	}
	return store
}

func appendTo(t *testing.T, store *Store, stream string) {
	t.Helper()
	id, err := eventstore.NewEventID()
	require.NoError(t, err)
	_, err = store.Append(t.Context(), stream, eventstore.Any, eventstore.EventData{ID: id, Type: "Placed", Data: []byte("{}")})
	require.NoError(t, err)
}

// A subscription goes on after an error that passes: it must not lose what stood on the page before the error.
func TestAPageThatFailsIsReadAgainFromItsStart(t *testing.T) {
	store := openLog(t, "order-1", "order-2", "order-3")
	var c cursor
	c.logCursor(eventstore.Position{}, eventstore.Forwards, eventstore.Filter{})
	c.follow = true

	tell := func(sql string) {
		require.NoError(t, store.readers.with(t.Context(), func(r *reader) error {
			_, err := query(r.conn, sql)
			return err
		}))
	}
	// A table of this connection alone stands before the one of the log, with a third event that cannot be read.
	tell("PRAGMA query_only = OFF")
	tell("CREATE TEMP TABLE events AS SELECT * FROM main.events")
	tell("UPDATE temp.events SET checksum = 0 WHERE position = 3")
	require.ErrorIs(t, store.readers.with(t.Context(), c.fill), eventstore.ErrCorrupt)
	require.Empty(t, c.page)
	tell("DROP TABLE temp.events")

	require.NoError(t, store.readers.with(t.Context(), c.fill))
	require.Len(t, c.page, 3, "the events before the one that could not be read are on the page again")
}

func TestAStreamThatIsBegunWhileItIsLookedForIsReadAgain(t *testing.T) {
	for name, from := range map[string]func(c *cursor){
		"forwards":  func(c *cursor) { c.streamCursor("order-1", 0, eventstore.Forwards) },
		"backwards": func(c *cursor) { c.streamCursor("order-1", math.MaxInt64, eventstore.Backwards) },
	} {
		t.Run(name, func(t *testing.T) {
			store := openLog(t)
			var c cursor
			from(&c)
			require.ErrorIs(t, store.readers.with(t.Context(), c.fill), eventstore.ErrStreamNotFound)

			appendTo(t, store, "order-1")
			if c.dir == eventstore.Forwards { // backwards its end is looked for before the page
				looked := func(r *reader) error { return c.finish(r, false, 0) } // the page before had found nothing
				require.NoError(t, store.readers.with(t.Context(), looked))
				require.False(t, c.ended)
			}
			require.NoError(t, store.readers.with(t.Context(), c.fill))
			require.Len(t, c.page, 1)
			require.True(t, c.ended)
		})
	}
}

func TestAStreamThatGrowsWhileItsEndIsProvedIsReadToWhereItEnded(t *testing.T) {
	store := openLog(t, "order-1")
	require.NoError(t, store.readers.with(t.Context(), func(r *reader) error {
		var c cursor
		c.streamCursor("order-1", 0, eventstore.Forwards)
		c.before = c.at
		stmt := c.bound(r)
		for row := true; row; {
			var err error
			row, err = stmt.Step()
			require.NoError(t, err)
			if row {
				require.NoError(t, c.take(r, stmt))
			}
		}
		appendTo(t, store, "order-1")
		require.NoError(t, c.finish(r, false, 1))
		require.True(t, c.ended)
		require.Len(t, c.page, 1)
		return stmt.Reset()
	}))
}

func TestAReadFromBeyondTheEndOfAStreamIsNotReadAgain(t *testing.T) {
	store := openLog(t, "order-1")
	var c cursor
	c.streamCursor("order-1", 1, eventstore.Forwards)
	require.NoError(t, store.readers.with(t.Context(), c.fill))
	require.True(t, c.ended)
	require.Empty(t, c.page)
}
