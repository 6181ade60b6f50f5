package projectiontest

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/skaldgo/skald/projection"
)

// Dump returns the contents of tables or views in a canonical form: two read models hold the same rows if and only if
// their dumps are equal, whatever order they were written in. Values are told apart by type, so 1 is not '1'. Within a
// transaction the tables are read as of one moment.
func Dump(ctx context.Context, q projection.Querier, tables ...string) (string, error) {
	var out strings.Builder
	for _, table := range tables {
		rows, err := dumpTable(ctx, q, table)
		if err != nil {
			return "", fmt.Errorf("dump %s: %w", table, err)
		}
		fmt.Fprintf(&out, "%s: %d rows\n", table, len(rows))
		for _, row := range rows {
			out.WriteString("  " + row + "\n")
		}
	}
	return out.String(), nil
}

func dumpTable(ctx context.Context, q projection.Querier, table string) ([]string, error) {
	rows, err := q.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values := make([]any, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	var lines []string
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		fields := make([]string, len(columns))
		for i, v := range values {
			fields[i] = columns[i] + "=" + text(v)
		}
		lines = append(lines, strings.Join(fields, " "))
	}
	slices.Sort(lines)
	return lines, rows.Err()
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case []byte:
		return "x'" + hex.EncodeToString(v) + "'"
	case string:
		return fmt.Sprintf("%q", v)
	case float64:
		return fmt.Sprintf("%e", v)
	}
	return fmt.Sprint(v)
}
