package projection

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Dialect is the kind of database that holds a read model. The SQL of projections is what both kinds take; where they
// differ, the tables of a Spec are written for SQLite, and this package translates.
type Dialect uint8

const (
	// SQLite is the zero value. Package sqlitedb opens it so that a transaction takes the one lock when it begins.
	SQLite Dialect = iota
	// PostgreSQL, of version 13 or later, opened by package pgdb. A table's INTEGER columns become BIGINT, its TEXT columns
	// TEXT COLLATE "C", so that they hold and order what they do in SQLite, and its options are left out.
	PostgreSQL
)

func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "SQLite"
	case PostgreSQL:
		return "PostgreSQL"
	default:
		return fmt.Sprintf("Dialect(%d)", uint8(d))
	}
}

var columnType = regexp.MustCompile(`\b(INTEGER|TEXT)\b`)

// columns translates what stands between the parentheses of CREATE TABLE.
func (d Dialect) columns(text string) string {
	if d == SQLite {
		return text
	}
	return columnType.ReplaceAllStringFunc(text, func(name string) string {
		if name == "INTEGER" {
			return "BIGINT"
		}
		return `TEXT COLLATE "C"`
	})
}

// options translates what stands after them.
func (d Dialect) options(text string) string {
	if d == SQLite {
		return text
	}
	return ""
}

// now is the time of the database in milliseconds, as SQL.
func (d Dialect) now() string {
	if d == SQLite {
		return `CAST(unixepoch('subsec') * 1000 AS INTEGER)`
	}
	return `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`
}

// lock makes the writing transactions of one projection serial from their beginning, as those of an SQLite file are. The
// key holds the schema's name, since one PostgreSQL database can hold several read models.
func (d Dialect) lock(ctx context.Context, tx *sql.Tx, projection string) error {
	if d == SQLite {
		return nil
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, "skald projection "+projection)
	return exec(ctx, tx, `SELECT pg_advisory_xact_lock(hashtext(current_schema()), $1::int)`, int32(h.Sum32()))
}

// lockSchema lets several projections that start at once create the tables that they share, which CREATE TABLE IF NOT
// EXISTS does not in PostgreSQL.
func (d Dialect) lockSchema(ctx context.Context, tx *sql.Tx) error {
	if d == SQLite {
		return nil
	}
	return exec(ctx, tx, `SELECT pg_advisory_xact_lock(hashtext(current_schema()), 0)`)
}

// plain replaces what a PostgreSQL text cannot hold, so that both kinds of database keep the same: NUL and bytes that are
// no UTF-8 become the replacement character.
func plain(args []any) []any {
	copied := false
	for i, arg := range args {
		text, ok := arg.(string)
		if !ok || utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
			continue
		}
		if !copied {
			args, copied = slices.Clone(args), true // the caller's slice stays as it is
		}
		args[i] = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
	}
	return args
}
