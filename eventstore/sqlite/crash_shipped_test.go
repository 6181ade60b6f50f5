package sqlite

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite/internal/crashtest"
)

// shipped is this package's way with a database, for the tests that make storage fail.
func shipped() crashtest.Config {
	return crashtest.Config{SQL: shippedSQL(), Rules: shippedRules()}
}

// shippedSQL hands over the statements of this package as they are.
func shippedSQL() crashtest.SQL {
	return crashtest.SQL{
		Schema: sqlSchema, Inspect: sqlInspect, Counts: sqlCounts,
		InsertLog: sqlInsertLog, SelectLog: sqlSelectLog, Touch: sqlTouch,

		Synchronous: sqlSynchronous, SynchronousIs: sqlSynchronousIs, SynchronousFull: synchronousFull,
		FullFsync: sqlFullFsync, CheckpointFsync: sqlCheckpointFsync, TrustNothing: sqlTrustNothing,
		JournalModeIs: sqlJournalModeIs, WAL: sqlWAL, PageSize: sqlPageSize, QueryOnly: sqlQueryOnly, Mmap: sqlMmap,
		ReaderCache: sqlReaderCache, WriterCache: sqlWriterCache, NoAutoCheckpoint: sqlNoAutoCheckpoint,

		CheckpointLook: sqlCheckpointLook, CheckpointPassive: sqlCheckpointPassive, CheckpointTruncate: sqlCheckpointTruncate,

		Begin: sqlBegin, Commit: sqlCommit, Rollback: sqlRollback, DataVersion: sqlDataVersion, Last: sqlLast,
		Head: sqlHead, Beside: sqlBeside, PreviousEntry: sqlPreviousEntry, NextEntry: sqlNextEntry, LastStream: sqlLastStream,
		IDs: sqlIDs, InsertStream: sqlInsertStream, InsertEvents: sqlInsertEvents, EventValues: sqlEventValues,

		ReadForwards: sqlReadForwards, ReadBackwards: sqlReadBackwards, StreamOnwards: sqlStreamOnwards,
		StreamForwards:  sqlStreamForwards,
		StreamBackwards: sqlStreamBackwards, OneOfStream: sqlOneOfStream, LastPosition: sqlLastPosition, StreamName: sqlStreamName,
	}
}

// shippedRules hands over what this package makes of errors and of events.
func shippedRules() crashtest.Rules {
	return crashtest.Rules{
		RowCounts:    rowCounts[:],
		IsClean:      func(code int) bool { return isClean(sqlite.ResultCode(code).ToError()) },
		IsFailedSync: func(code int) bool { return isFailedSync(sqlite.ResultCode(code).ToError()) },
		Translate:    func(doing string, code int) error { return translate(doing, sqlite.ResultCode(code).ToError()) },
		LogID:        func(n uint64) string { return withCheckDigits(fmt.Sprintf("log-%d", n)) },
		Mark:         func(logID string, position int64) []byte { return marked{logID, position}.line() },
		Marked:       readMarked,
		Checksum: func(stream string, position, revision, created int64, e *eventstore.EventData) int64 {
			var s summer
			return s.event(streamSum(stream), position, revision, created, &e.ID, e.Type, e.Data, e.Metadata)
		},
	}
}

// readMarked has the shipped store read a mark, which it does from a file.
func readMarked(line []byte) (logID string, position int64) {
	dir, err := os.MkdirTemp("", "skald-mark-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "events.db")
	if err := os.WriteFile(markPath(path), line, 0o600); err != nil {
		panic(err)
	}
	m, err := readMark(path)
	if err != nil {
		panic(err)
	}
	return m.logID, m.position
}

// TestEveryStatementIsReplayedWhereStorageFails keeps a statement that is added to this package from being forgotten in
// the tests that cut the power.
func TestEveryStatementIsReplayedWhereStorageFails(t *testing.T) {
	fragments := []string{"sqlColumns", "sqlOfStream", "sqlAstray"} // parts of others
	// Leases are in a database of their own, and no part of the log: what a power cut takes of them is granted anew, with
	// tokens above those in the log.
	leases := []string{"sqlTruncateJournal", "sqlLeases", "sqlReadLeases", "sqlSetLeases"}
	handed := identifiers(t, "crash_shipped_test.go")
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	statement := regexp.MustCompile(`^\W*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|VACUUM|ATTACH)\s`)
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		for name := range identifiers(t, source) {
			require.True(t, handed[name] || source == "sql.go" && slices.Contains(fragments, name) || slices.Contains(leases, name),
				"%s of %s is not handed over: give it a field of crashtest.SQL, set it in shippedSQL, and execute it in package "+
					"crashtest where this package does", name, source)
		}
		if source == "sql.go" {
			continue
		}
		for _, text := range literals(t, source) {
			require.NotRegexp(t, statement, strings.Trim(text, "`\""), "%s says something to SQLite by itself, not by sql.go", source)
		}
	}
}

// identifiers returns the names in a file that stand for SQL.
func identifiers(t *testing.T, path string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	ast.Inspect(parse(t, path), func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && regexp.MustCompile(`^sql[A-Z]`).MatchString(id.Name) {
			found[id.Name] = true
		}
		return true
	})
	return found
}

func literals(t *testing.T, path string) (found []string) {
	t.Helper()
	ast.Inspect(parse(t, path), func(n ast.Node) bool {
		if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
			found = append(found, text.Value)
		}
		return true
	})
	return found
}

func parse(t *testing.T, path string) *ast.File {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
	require.NoError(t, err)
	return file
}

func TestEveryStatementThatIsHandedOverIsExecuted(t *testing.T) {
	var executed []string
	cfg := shipped()
	cfg.Traced = func(statement string) { executed = append(executed, statement) }
	campaign := crashtest.Campaign{Config: cfg, Dir: t.TempDir()}
	for seed := range uint64(12) {
		_, err := campaign.Run(seed)
		require.NoError(t, err)
	}
	all := strings.Join(executed, "\n")
	sql := reflect.ValueOf(shippedSQL())
	for i := range sql.NumField() {
		name, text := sql.Type().Field(i).Name, sql.Field(i).String()
		switch name {
		case "SynchronousFull": // an answer
		case "WriterCache": // smaller in some runs
			require.Contains(t, executed, text)
		default:
			for part := range strings.SplitSeq(strings.TrimSpace(text), ";\nCREATE") {
				require.Contains(t, all, strings.TrimSuffix(part, ";"), "%s is never executed", name)
			}
		}
	}
	for _, n := range rowCounts {
		require.Contains(t, executed, sqlInsertEvents+strings.Repeat(sqlEventValues+", ", n-1)+sqlEventValues)
	}
}
