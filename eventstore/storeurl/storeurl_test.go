package storeurl_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/esdb"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/eventstore/storeurl"
	"github.com/skaldgo/skald/internal/pgtest"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(runner{m})
}

// runner stops the server before leaks are looked for.
type runner struct{ m *testing.M }

func (r runner) Run() int { return server.Main(r.m.Run) }

func TestAURLNamesAStore(t *testing.T) {
	for text, want := range map[string]storeurl.Target{
		"memory:":                  {Kind: storeurl.Memory},
		"sqlite:events.db":         {Kind: storeurl.SQLite, SQLite: sqlite.Config{Path: "events.db"}},
		"sqlite:a/b.db":            {Kind: storeurl.SQLite, SQLite: sqlite.Config{Path: "a/b.db"}},
		"sqlite:/var/lib/e.db":     {Kind: storeurl.SQLite, SQLite: sqlite.Config{Path: "/var/lib/e.db"}},
		"sqlite:///var/lib/e.db":   {Kind: storeurl.SQLite, SQLite: sqlite.Config{Path: "/var/lib/e.db"}},
		"sqlite:50%25%20of%23.db":  {Kind: storeurl.SQLite, SQLite: sqlite.Config{Path: "50% of#.db"}},
		"sqlite:e.db?read_only=1":  {Kind: storeurl.SQLite, SQLite: sqlite.Config{Path: "e.db", ReadOnly: true}},
		"postgres://h/d":           {Kind: storeurl.Postgres, Postgres: postgres.Config{URL: "postgres://h/d"}},
		"postgresql://h/d?schema=": {Kind: storeurl.Postgres, Postgres: postgres.Config{URL: "postgresql://h/d"}},
		"esdb://a:1,b:2?tls=false": {Kind: storeurl.ESDB, ESDB: esdb.Config{URL: "esdb://a:1,b:2?tls=false"}},
		"postgres://u:p@h:1/d?schema=s&sslmode=disable&read_only=true&no_migration=true": {
			Kind:     storeurl.Postgres,
			Postgres: postgres.Config{URL: "postgres://u:p@h:1/d?sslmode=disable", Schema: "s", ReadOnly: true, NoMigration: true},
		},
	} {
		target, err := storeurl.Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, target, text)
	}
}

func TestAURLThatNamesNoStoreSaysWhatIsWrongAndNoPassword(t *testing.T) {
	for text, words := range map[string]string{
		"":                                     "names no kind of store",
		"events.db":                            "write for instance sqlite:events.db",
		"mysql://u:secret@h/d":                 `"mysql" is no kind of store; known are memory, sqlite, postgres and esdb`,
		"memory:x":                             "memory: stands alone",
		"sqlite:":                              "it names no file",
		"sqlite://events.db":                   "a file has no host",
		"sqlite:e.db?readonly=true":            `parameter "readonly" is not known`,
		"sqlite:e.db?read_only=maybe":          `parameter read_only is "maybe": write true or false`,
		"sqlite:e.db#1":                        "write # as %23",
		"postgres://u:secret@h:port/d":         "it cannot be read as a URL",
		"postgres://u:secret@h/d?schema=Bad":   `schema "Bad" is not made of lower-case letters`,
		"postgres://u:secret@h/d?sslmode=what": "sslmode",
		"postgres://h/d?schema=a&schema=b":     "parameter schema is given 2 times",
		"esdb://u:secret@h?tls=false":          "credentials would not be sent with tls=false",
		"esdb://u:secret@h?defaultDeadline=x":  `defaultDeadline is "x": give milliseconds from 1 on`,
		"esdb://u:secret@h?nodePreference=x":   "no connection string of EventStoreDB",
	} {
		_, err := storeurl.Parse(text)
		require.ErrorIs(t, err, eventstore.ErrInvalid, text)
		require.ErrorContains(t, err, words, text)
		require.NotContains(t, err.Error(), "secret", text)
		store, err := storeurl.Open(t.Context(), text)
		require.Error(t, err)
		require.Nil(t, store)
	}
}

func TestEveryKindOfStoreIsOpenedAndWorks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "50% of? a#name.db")
	for _, c := range []struct {
		url  string
		kind any
	}{
		{"memory:", &memory.Store{}},
		{"sqlite://" + strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23", " ", "%20").Replace(file), &sqlite.Store{}},
		{server.URL(t) + "&schema=storeurl", &postgres.Store{}},
	} {
		store, err := storeurl.Open(t.Context(), c.url)
		require.NoError(t, err)
		require.IsType(t, c.kind, store)
		_, err = store.Append(t.Context(), "note-1", eventstore.NoStream, eventstoretest.Events(2, "NoteTaken")...)
		require.NoError(t, err)
		eventstoretest.Check(t, store)
		require.NoError(t, store.Close())
	}
	require.FileExists(t, file)
}

func TestAStoreThatCannotBeOpenedIsNil(t *testing.T) {
	file := filepath.Join(t.TempDir(), "missing.db")
	target, err := storeurl.Parse("sqlite://" + file)
	require.NoError(t, err)
	store, err := target.ReadOnly().Open(t.Context())
	require.Error(t, err)
	require.Nil(t, store)
	_, err = os.Stat(file)
	require.ErrorIs(t, err, os.ErrNotExist)

	store, err = storeurl.Open(t.Context(), "postgres://127.0.0.1:1/none")
	require.ErrorIs(t, err, eventstore.ErrUnavailable)
	require.Nil(t, store)
}

func cutAny(text string, prefixes ...string) (rest string, found bool) {
	for _, prefix := range prefixes {
		if rest, found = strings.CutPrefix(text, prefix); found {
			return rest, true
		}
	}
	return text, false
}

// FuzzParse: no text makes Parse panic; what it accepts names a file or a valid PostgreSQL config; what it refuses it
// refuses as ErrInvalid, without repeating a password.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"memory:", "sqlite:events.db", "sqlite:///var/lib/e.db?read_only=true", "postgres://u:secret@h:5432/d?schema=s&sslmode=disable",
		"sqlite:%00", "esdb://u:secret@a:2113,b:2113?tls=true&defaultDeadline=x", "esdb://localhost?tls=false", "esdb+discover://h", "sqlite:%zz", "postgres://u:secret@[::1/d", "postgres:///d?host=/tmp", "://", "sqlite:a?b;c", "memory:?",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, err := storeurl.Parse(text)
		if err != nil {
			require.ErrorIs(t, err, eventstore.ErrInvalid)
			if rest, found := cutAny(text, "postgres://u:secret@", "esdb://u:secret@"); found && !strings.Contains(rest, "secret") {
				require.NotContains(t, err.Error(), "secret")
			}
			return
		}
		switch target.Kind {
		case storeurl.Memory:
			require.Equal(t, storeurl.Target{Kind: storeurl.Memory}, target)
		case storeurl.SQLite:
			require.NotEmpty(t, target.SQLite.Path)
			require.NotContains(t, target.SQLite.Path, "\x00")
			require.Zero(t, target.Postgres)
		case storeurl.ESDB:
			require.NoError(t, target.ESDB.Validate())
			require.Zero(t, target.Postgres)
		case storeurl.Postgres:
			require.NoError(t, target.Postgres.Validate())
			require.Zero(t, target.SQLite)
		default:
			require.Fail(t, "a kind that nobody knows", target.Kind)
		}
	})
}
