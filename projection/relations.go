package projection

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

const rebuildSuffix = "__rebuild"

// relations knows the tables of a projection under the names that they have in one slot.
type relations struct {
	spec     Spec
	dialect  Dialect
	suffix   string
	replacer *strings.Replacer
}

func newRelations(spec Spec, dialect Dialect, slot string) relations {
	r := relations{spec: spec, dialect: dialect}
	if slot == slotRebuild {
		r.suffix = rebuildSuffix
	}
	pairs := make([]string, 0, 2*len(spec.Tables))
	for _, t := range spec.Tables {
		pairs = append(pairs, "{"+t.Name+"}", t.Name+r.suffix)
	}
	r.replacer = strings.NewReplacer(pairs...)
	return r
}

func (r relations) expand(query string) string { return r.replacer.Replace(query) }

// create makes tables and indexes. Index names carry a number, because a renamed table keeps its indexes by name.
func (r relations) create(ctx context.Context, tx *sql.Tx, number int64) error {
	for _, t := range r.spec.Tables {
		stmt := fmt.Sprintf("CREATE TABLE %s%s (%s) %s", t.Name, r.suffix, r.dialect.columns(t.Columns), r.dialect.options(t.Options))
		if err := exec(ctx, tx, stmt); err != nil {
			return err
		}
		for _, i := range t.Indexes {
			stmt := "CREATE INDEX "
			if i.Unique {
				stmt = "CREATE UNIQUE INDEX "
			}
			stmt += fmt.Sprintf("%s_%s ON %s%s (%s)", i.Name, strconv.FormatInt(number, 10), t.Name, r.suffix, i.On)
			if i.Where != "" {
				stmt += " WHERE " + i.Where
			}
			if err := exec(ctx, tx, stmt); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r relations) createViews(ctx context.Context, tx *sql.Tx) error {
	for _, v := range r.spec.Views {
		if err := exec(ctx, tx, "CREATE VIEW "+v.Name+" AS "+r.expand(v.Query)); err != nil {
			return err
		}
	}
	return nil
}

// tableNames and viewNames go into the checkpoint row, so that a later version can drop what it no longer describes.
func (r relations) tableNames() string {
	names := make([]string, len(r.spec.Tables))
	for i, t := range r.spec.Tables {
		names[i] = t.Name + r.suffix
	}
	return strings.Join(names, " ")
}

func (r relations) viewNames() string {
	names := make([]string, len(r.spec.Views))
	for i, v := range r.spec.Views {
		names[i] = v.Name
	}
	return strings.Join(names, " ")
}

func dropAll(ctx context.Context, tx *sql.Tx, kind, names string) error {
	for name := range strings.FieldsSeq(names) {
		if err := exec(ctx, tx, "DROP "+kind+" IF EXISTS "+name); err != nil {
			return err
		}
	}
	return nil
}

func exec(ctx context.Context, tx *sql.Tx, stmt string, args ...any) error {
	if _, err := tx.ExecContext(ctx, stmt, args...); err != nil {
		return fmt.Errorf("%s: %w", firstWords(stmt), err)
	}
	return nil
}

// firstWords shortens a statement to what tells it from others.
func firstWords(stmt string) string {
	words := strings.Fields(stmt)
	return strings.Join(words[:min(len(words), 5)], " ")
}
