package projectorcli

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore/storeurl"
	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one saga: its state, steps, attempts, results, and what it waits for",
		Long: `Show one saga as the log tells it at this moment: its state, its steps with every attempt, deadline, result and
error, and what it waits for, why and until when. ID is the id of the saga, or Name/ID where several definitions
have a saga of that id. The hash chain of its events is verified on the way.`,
		Example: "  projector sagas show ORD-000001\n  projector sagas show OrderFulfillment/ORD-000001 -o json",
		Args:    oneArg("ID of a saga"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.format(formatTable, formatJSON)
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			return a.withSaga(ctx, args[0], a.openLog, func(store logStore, ref saga.Ref) error {
				s, err := tell(ctx, store, ref)
				if err != nil {
					return err
				}
				s.lookAtChildren(ctx, store)
				if format == formatJSON {
					return a.printJSON(s)
				}
				return a.printStory(s)
			})
		},
	}
}

func (a *app) printStory(s *story) error {
	var b strings.Builder
	line := func(what, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s%s\n", what, safe(fmt.Sprintf(format, args...)))
	}
	line("saga", "%s", s.ref())
	line("state", "%s", s.condition())
	line("revision", "%d", s.Revision)
	line("started", "%s by %s, definition version %d", instant(s.StartedAt), orDash(s.StartedBy), s.Version)
	line("updated", "%s, position %s", instant(s.UpdatedAt), s.Position)
	if p := s.Parent; p != nil {
		line("parent", "%s/%s, its step %s", p.Name, p.ID, p.Step)
	}
	for _, child := range s.Children {
		line("child", "%s", child)
	}
	s.linesOfSignals(line)
	if s.Reason != "" {
		line("turned", "%s", s.Reason)
	}
	if w := s.Waits; w != nil {
		until := ""
		if w.Until != nil {
			until = ", until " + instant(*w.Until)
		}
		line("waits for", "%s%s", w.For, until)
		line("because", "%s", w.Because)
	}
	if p := s.Parked; p != nil {
		line("remedy", "%s", p.Remedy)
		line("redrive", "%s", a.redriveCommandLine(s))
	}
	s.operations(line)
	for _, e := range s.Late {
		line("late", "%s at %s, after the end of the saga: %s", e.Type, instant(e.At), e.Data)
	}
	line("data", "%s", s.Data)
	line("chain", "%s", s.Chain)
	if _, err := fmt.Fprintln(a.stdout, b.String()); err != nil {
		return err
	}
	if err := a.printTable(s.attemptsGrid()); err != nil {
		return err
	}
	results := grid{header: table.Row{"step", "result"}}
	for _, step := range s.Steps {
		if len(step.Result) > 0 {
			results.add(step.Name, string(step.Result))
		}
	}
	if len(results.rows) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(a.stdout); err != nil {
		return err
	}
	return a.printTable(results)
}

func (s *story) condition() string {
	words := s.State.String()
	if s.Parked != nil {
		words += ", parked"
	}
	if s.Paused != nil {
		words += ", paused"
	}
	return words
}

// attemptsGrid has a row for each attempt of each step, and one for a step without any.
func (s *story) attemptsGrid() grid {
	g := grid{
		header: table.Row{"step", "kind", "state", "direction", "attempt", "started", "ended", "deadline", "outcome", "error"},
		right:  []string{"attempt"},
	}
	for _, step := range s.Steps {
		name, kind, state := step.Name, step.what(), step.State.String()
		if len(step.Attempts) == 0 {
			g.add(name, kind, state, "-", "-", "-", "-", "-", "-", "")
			continue
		}
		for _, d := range []saga.Direction{saga.Action, saga.Compensation} {
			for _, at := range step.of(d) {
				ended := "-"
				if at.EndedAt != nil {
					ended = instant(*at.EndedAt)
				}
				outcome := at.Outcome
				if at.Late {
					outcome += ", late"
				}
				if at.Probe != "" {
					outcome += ", probe " + at.Probe
				}
				g.add(name, kind, state, d.String(), at.Attempt, at.StartedAt, ended, at.Deadline, outcome, firstLine(at.Error))
				name, kind, state = "", "", ""
			}
		}
	}
	return g
}

// String says in one line what following the chain has shown.
func (c chainView) String() string {
	switch {
	case !c.Verified:
		return "BROKEN: " + c.Problem
	case c.First > 0:
		return fmt.Sprintf("verified from revision %d on, what was before it is missing; head %.16s", c.First, c.Head)
	case c.Unhashed > 0:
		return fmt.Sprintf("%d of %d events carry no hash; the others are verified", c.Unhashed, c.Events)
	}
	return fmt.Sprintf("verified, %d events, head %.16s", c.Events, c.Head)
}

// redriveCommandLine is what to type, so that nothing has to be looked up.
func (a *app) redriveCommandLine(s *story) string {
	line := "projector sagas redrive " + s.ref().String()
	if strings.ContainsAny(s.ID, " '\"$`\\*?[]<>|&;()#~!{}") {
		line = "projector sagas redrive '" + strings.ReplaceAll(s.ref().String(), "'", `'\''`) + "'"
	}
	line += fmt.Sprintf(" --revision %d --reason '...'", s.Revision)
	return line + a.whichLog()
}

// whichLog repeats the flags that name the log; a URL of a server can have a password in it, and is left to the reader.
func (a *app) whichLog() (flags string) {
	if a.data != defaultData {
		flags = " --data " + a.data
	}
	target, named, err := a.logTarget()
	switch {
	case err != nil || !named:
	case target.Kind == storeurl.SQLite:
		flags += " --store sqlite:" + target.SQLite.Path
	default:
		flags += " --store '...'"
	}
	return flags
}

func firstLine(text string) string {
	first, rest, more := strings.Cut(text, "\n")
	if more && rest != "" {
		return first + " …"
	}
	return first
}
