package projectorcli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/skaldgo/skald/eventstore"
)

const (
	formatTable = "table"
	formatWide  = "wide" // a table with every column, and with long texts whole
	formatJSON  = "json"
	formatJSONL = "jsonl"
	formatCSV   = "csv"
)

// listFormat returns the output format of a command that lists, which can produce all of them.
func (a *app) listFormat() (string, error) {
	return a.format(formatTable, formatWide, formatJSON, formatJSONL, formatCSV)
}

// printRows prints rows in the formats that are made for programs, of which a document is not.
func printRows[T any](a *app, rows []T, format string) error {
	if format == formatCSV {
		return printCSV(a, rows)
	}
	for _, row := range rows {
		if err := a.printJSONL(row); err != nil {
			return err
		}
	}
	return nil
}

// format returns the output format if the command can produce it.
func (a *app) format(possible ...string) (string, error) {
	if !slices.Contains(possible, a.output) {
		return "", usage("use -o "+strings.Join(possible, " or -o "), "output format %q is not possible here", a.output)
	}
	return a.output, nil
}

// printJSON prints one document, over several lines.
func (a *app) printJSON(v any) error { return a.encode(v, "  ") }

// printJSONL prints one document on one line.
func (a *app) printJSONL(v any) error { return a.encode(v, "") }

func (a *app) encode(v any, indent string) error {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("encode the output: %w", err)
	}
	_, err := a.stdout.Write(safeJSON(buf.Bytes()))
	return err
}

// rawJSON returns stored bytes as what they are in JSON: themselves, or a string when they are none.
func rawJSON(stored []byte) json.RawMessage {
	if len(stored) == 0 {
		return nil
	}
	if json.Valid(stored) {
		return stored
	}
	text, err := json.Marshal(string(stored))
	if err != nil {
		panic(fmt.Sprintf("projectorcli: a string always encodes: %v", err))
	}
	return text
}

// grid collects the rows of a table.
type grid struct {
	header table.Row
	rows   []table.Row
	right  []string // columns of numbers
	extra  []string // columns for the wide form only
	wide   bool
}

func (g *grid) add(cells ...any) {
	row := make(table.Row, len(cells))
	for i, cell := range cells {
		row[i] = safe(cellText(cell))
	}
	g.rows = append(g.rows, row)
}

// long is a text that may have several lines, of which the wide form shows all.
func (g *grid) long(text string) string {
	if !g.wide {
		text = firstLine(text)
	}
	return orDash(text)
}

func (g *grid) leavesOut(column string) bool { return !g.wide && slices.Contains(g.extra, column) }

func cellText(cell any) string {
	switch c := cell.(type) {
	case string:
		return c
	case time.Time:
		return instant(c)
	case time.Duration:
		return roughly(c)
	case eventstore.Position:
		return c.String()
	}
	return fmt.Sprint(cell)
}

func (a *app) printTable(g grid) error {
	w := table.NewWriter()
	w.SetStyle(table.StyleDefault)
	style := w.Style()
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatUpper
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	w.SuppressTrailingSpaces()
	w.AppendHeader(g.header)
	w.AppendRows(g.rows)
	columns := make([]table.ColumnConfig, 0, len(g.right))
	for _, name := range g.right {
		columns = append(columns, table.ColumnConfig{
			Name: name, Align: text.AlignRight, AlignHeader: text.AlignRight, Hidden: g.leavesOut(name),
		})
	}
	for _, name := range g.extra {
		if !slices.Contains(g.right, name) {
			columns = append(columns, table.ColumnConfig{Name: name, Hidden: g.leavesOut(name)})
		}
	}
	w.SetColumnConfigs(columns)
	_, err := fmt.Fprintln(a.stdout, w.Render())
	return err
}

// note tells the user something that is no data.
func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.stderr, safeText(fmt.Sprintf(format, args...)))
}

// instant writes an instant in UTC to the millisecond; none is a dash.
func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// roughly writes a length of time to about three digits.
func roughly(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
