package projectorcli

import (
	"encoding"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// printCSV prints rows as RFC 4180 says, with a header, lines that end with CR LF, and a column for each member that the
// rows have in JSON, under its name. The value of a member that JSON leaves out is an empty cell or 0. A member that is an
// object has a column for each of its members, and one that is a list has its elements in one cell.
//
// Instants are in UTC to the millisecond. Control characters are escaped, so a row is one line; and a text that a
// spreadsheet would take for a formula begins with an apostrophe.
func printCSV[T any](a *app, rows []T) error {
	w := csv.NewWriter(a.stdout)
	w.UseCRLF = true
	lines := [][]string{csvHeader(reflect.TypeFor[T](), "")}
	for i := range rows {
		lines = append(lines, csvCells(reflect.ValueOf(&rows[i]).Elem()))
	}
	if err := w.WriteAll(lines); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

func csvHeader(t reflect.Type, prefix string) (names []string) {
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "" || name == "-": // not shown
		case isObject(field.Type):
			names = append(names, csvHeader(element(field.Type), prefix+name+"_")...)
		default:
			names = append(names, prefix+name)
		}
	}
	return names
}

func csvCells(v reflect.Value) (cells []string) {
	for field, value := range v.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "" || name == "-":
		case isObject(field.Type) && field.Type.Kind() == reflect.Pointer && value.IsNil():
			cells = append(cells, make([]string, len(csvHeader(element(field.Type), "")))...)
		case isObject(field.Type):
			cells = append(cells, csvCells(reflect.Indirect(value))...)
		default:
			cells = append(cells, csvCell(value.Interface()))
		}
	}
	return cells
}

func element(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// isObject reports whether a member is an object in JSON, and no text.
func isObject(t reflect.Type) bool {
	return element(t).Kind() == reflect.Struct && !t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

func csvCell(value any) string {
	switch v := value.(type) {
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return instant(v)
	case json.RawMessage:
		return harmless(string(v))
	case []string:
		return harmless(strings.Join(v, "; "))
	case encoding.TextMarshaler:
		if text, err := v.MarshalText(); err == nil {
			return harmless(string(text))
		}
	}
	if v := reflect.ValueOf(value); v.CanInt() || v.CanFloat() || v.Kind() == reflect.Bool {
		return fmt.Sprint(value) // never a formula
	}
	return harmless(fmt.Sprint(value))
}

// harmless makes a text fit for a cell.
func harmless(text string) string {
	text = safe(text)
	first := strings.TrimLeftFunc(text, unicode.IsSpace)
	if first != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(first)[0]) {
		return "'" + text
	}
	return text
}
