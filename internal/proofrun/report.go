package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skaldgo/skald/internal/proof"
)

//go:embed untested.md
var untested string

// write saves the results, and makes the report of them. When something failed the report stays as it is, and the results
// go where they do no harm: a report with a hole would pass for one without.
func (r *runner) write(ctx context.Context, began time.Time) error {
	slices.SortStableFunc(r.results, func(a, b proof.Result) int { return place(a.Part) - place(b.Part) })
	all := append([]proof.Result{about(ctx, r.size, began)}, r.results...)
	if len(r.errs) > 0 {
		r.file = filepath.Join(os.TempDir(), "skald-proof-failed.jsonl")
	}
	if err := os.Remove(r.file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("empty the results: %w", err)
	}
	for _, one := range all {
		if err := proof.Append(r.file, one); err != nil {
			return err
		}
	}
	fmt.Fprintf(r.out, "results: %s\n", r.file)
	if r.report == "" || len(r.errs) > 0 {
		return nil
	}
	fmt.Fprintf(r.out, "report: %s\n", r.report)
	return r.rewrite()
}

// rewrite makes the report of results that stand there already.
func (o *options) rewrite() error {
	if o.report == "" {
		return errors.New("-again writes a report: name its file by -report")
	}
	all, err := proof.Read(o.file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.report, render(all), 0o644); err != nil { //nolint:gosec // a page for everybody
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func place(name string) int {
	return slices.IndexFunc(parts(), func(p part) bool { return p.name == name })
}

// render makes the page from results alone.
func render(all []proof.Result) []byte {
	var b bytes.Buffer
	b.WriteString("# Proof\n\n" +
		"Written by `make proof` or `make proof-small` from docs/proof.jsonl; not to be edited by hand. A part that failed, or in which too little\n" +
		"happened to tell, makes the whole run fail, so that this page shows runs without any violation only.\n\n")
	s := full
	for _, r := range all {
		if r.Part == wholeRun {
			s = sizeOf(r)
			for _, key := range []string{noteDate, noteCommit, noteGo, noteMachine, noteSize, noteTook} {
				fmt.Fprintf(&b, "* %s: %s\n", key, r.Notes[key])
			}
			b.WriteString("\n")
		}
	}
	for _, p := range parts() {
		for _, r := range all {
			if r.Part == p.name {
				section(&b, &p, s, r)
			}
		}
	}
	b.WriteString(untested)
	return b.Bytes()
}

// sizeOf is the size that a run says it had.
func sizeOf(r proof.Result) size { return size(r.Notes[noteSize]) }

func section(b *bytes.Buffer, p *part, s size, r proof.Result) {
	fmt.Fprintf(b, "## %s\n\n%s\n\n", p.title, p.says)
	fmt.Fprintf(b, "%s.\n\n", sentence(r.Figures))
	if len(r.Kinds) > 0 {
		b.WriteString("| kind | times |\n|---|---:|\n")
		for _, kind := range slices.Sorted(maps.Keys(r.Kinds)) {
			fmt.Fprintf(b, "| %s | %s |\n", strings.ReplaceAll(kind, "|", `\|`), grouped(r.Kinds[kind]))
		}
		b.WriteString("\n")
	}
	for _, key := range slices.Sorted(maps.Keys(r.Notes)) {
		if key != noteTook {
			fmt.Fprintf(b, "* %s: %s\n", key, r.Notes[key])
		}
	}
	if len(r.Notes) > 1 {
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "In %s, by:\n\n```\n%s\n```\n\n", r.Notes[noteTook], p.shell(s))
}

// sentence lists figures, the largest first.
func sentence(figures map[string]int64) string {
	keys := slices.Sorted(maps.Keys(figures))
	slices.SortStableFunc(keys, func(a, b string) int { return int(max(-1, min(1, figures[b]-figures[a]))) })
	words := make([]string, len(keys))
	for i, key := range keys {
		words[i] = grouped(figures[key]) + " " + key
	}
	return strings.Join(words, ", ")
}

// grouped writes 1234567 as 1,234,567.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
