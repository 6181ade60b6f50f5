package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/skaldgo/skald/internal/proof"
)

// status is what became of a mutant.
type status string

const (
	statusKilled    status = "killed"
	statusSurvived  status = "SURVIVED"         // a check passes with the defect in place
	statusOtherwise status = "FAILED OTHERWISE" // a check fails, but does not say what it should
	statusUnbuilt   status = "DOES NOT COMPILE" // which says nothing about the tests
	statusTimedOut  status = "TIMED OUT"        // and it is not a mutant that hangs
)

// verdict is a mutant with what became of it.
type verdict struct {
	mutant   mutant
	status   status
	took     time.Duration
	survived check  // that did not catch it
	output   string // of that check, its end
}

func (o outcome) status(m mutant) status {
	switch o.ending {
	case failed:
		return statusKilled
	case passed:
		return statusSurvived
	case unbuilt:
		return statusUnbuilt
	case timedOut:
		if m.hangs {
			return statusKilled
		}
		return statusTimedOut
	case elsewhere, missing:
	}
	return statusOtherwise
}

func (e ending) String() string {
	return [...]string{"it passes", "it fails", "it takes too long", "it fails elsewhere", "there is no such test", "it does not compile"}[e]
}

// tail is the end of an output, where the reason stands.
func tail(output string) string {
	const enough = 4000
	if len(output) > enough {
		output = "…" + output[len(output)-enough:]
	}
	return strings.TrimSpace(output)
}

func printList(out io.Writer, all []mutant) {
	for _, m := range all {
		fmt.Fprintf(out, "%s\n    %s\n", m.name, m.harm)
		for _, e := range m.edits {
			fmt.Fprintf(out, "    patches  %s\n", e.file)
		}
		for _, c := range m.caught {
			fmt.Fprintf(out, "    %s\n", c.command())
		}
		fmt.Fprintln(out)
	}
}

// printTable shows which check caught which mutant, and more of those that were not caught.
func printTable(out io.Writer, verdicts []verdict) {
	width := 0
	for _, v := range verdicts {
		width = max(width, len(v.mutant.name))
	}
	counts, took := map[status]int{}, time.Duration(0)
	fmt.Fprintf(out, "\n%-*s  %7s  %s\n", width, "mutant", "seconds", "caught by")
	for _, v := range verdicts {
		counts[v.status]++
		took += v.took
		fmt.Fprintf(out, "%-*s  %7.1f  %s\n", width, v.mutant.name, v.took.Seconds(), v.by("\n"+strings.Repeat(" ", width+11)))
	}
	fmt.Fprintf(out, "\n%d mutants, %d killed, %d survived, in %.0f seconds of all workers\n",
		len(verdicts), counts[statusKilled], len(verdicts)-counts[statusKilled], took.Seconds())
	for _, v := range verdicts {
		if v.status != statusKilled {
			fmt.Fprintf(out, "\n%s: %s\n%s\n%s\n", v.status, v.mutant.name, v.survived.command(), v.output)
		}
	}
}

// by lists the checks that caught the mutant, or says which one did not.
func (v verdict) by(separator string) string {
	if v.status != statusKilled {
		return fmt.Sprintf("%s %s", v.status, v.survived)
	}
	var checks []string
	for _, c := range v.mutant.caught {
		checks = append(checks, c.String())
	}
	return strings.Join(checks, separator)
}

// result is what goes into the proof.
func result(verdicts []verdict) proof.Result {
	r := proof.Result{Part: "mutants", Figures: map[string]int64{"mutants": int64(len(verdicts))}, Notes: map[string]string{}}
	for _, v := range verdicts {
		name := "killed"
		if v.status != statusKilled {
			name = "survived"
		}
		r.Figures[name]++
		r.Notes[v.mutant.name] = v.by("; ")
	}
	r.Figures["survived"] += 0 // is there, also when none did
	return r
}

// unkilled is the error of a run in which any mutant was not killed.
func unkilled(verdicts []verdict) error {
	var names []string
	for _, v := range verdicts {
		if v.status != statusKilled {
			names = append(names, fmt.Sprintf("%s: %s", v.status, v.mutant.name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d mutants were not killed:\n\t%s", len(names), len(verdicts), strings.Join(names, "\n\t"))
}
