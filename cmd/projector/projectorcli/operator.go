package projectorcli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// operation is one command of an operator on one saga. What all of them do is in operatorCommand: they say who and why,
// find the saga, look or ask where that is called for, act, and tell what has come of it.
type operation struct {
	operatorOptions
	verb string
	// mustSee: the operator has to have seen the revision at which the saga is; on a terminal they are shown it and asked.
	mustSee bool
	// parkedOnly: whoever would be asked about a saga that is not parked is told so instead.
	parkedOnly bool
	check      func() error // of flags of its own; may be nil
	// ask lets whoever is there agree, or refuse with an error; nil where nobody is asked.
	ask func(ctx context.Context, store eventstore.Store, ref saga.Ref) error
	do  func(ctx context.Context, orchestrator *saga.Orchestrator, ref saga.Ref) error
	// told returns what has come of it, in words and as members of a JSON object.
	told func(ctx context.Context, orchestrator *saga.Orchestrator, ref saga.Ref) (words string, members map[string]any, err error)
}

// operatorOptions are what every command of an operator has to say, for the history of the saga.
type operatorOptions struct {
	reason   string
	actor    string
	revision int64
}

// operatorCommand completes a command with what it is to do.
func (a *app) operatorCommand(op *operation, cmd *cobra.Command) *cobra.Command {
	cmd.Args = oneArg("ID of a saga")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		format, err := a.format(formatTable, formatJSON)
		if err != nil {
			return err
		}
		if err := op.validate(a.interactive()); err != nil {
			return err
		}
		ctx := cmd.Context()
		return a.withSaga(ctx, args[0], a.openLogToAppend, func(store logStore, ref saga.Ref) error {
			return a.operate(ctx, store, ref, op, format)
		})
	}
	cmd.Flags().StringVar(&op.reason, "reason", "", "why, for the history (required)")
	cmd.Flags().StringVar(&op.actor, "actor", os.Getenv("USER"), "who does it, for the history")
	cmd.Flags().Int64Var(&op.revision, "revision", saga.NotSeen, "the revision of the saga that you have seen")
	return cmd
}

func (a *app) operate(ctx context.Context, store eventstore.Store, ref saga.Ref, op *operation, format string) error {
	if op.mustSee && op.revision < 0 {
		seen, err := a.confirmSeen(ctx, store, ref, op)
		if err != nil {
			return err
		}
		op.revision = seen
	}
	if op.ask != nil {
		if err := op.ask(ctx, store, ref); err != nil {
			return err
		}
	}
	orchestrator, err := saga.New(saga.Config{Store: store})
	if err != nil {
		return err
	}
	if err := op.do(ctx, orchestrator, ref); err != nil {
		return err
	}
	words, members, err := op.told(ctx, orchestrator, ref)
	if err != nil {
		return err
	}
	if format == formatJSON {
		members["name"], members["id"] = ref.Name, ref.ID
		return a.printJSON(members)
	}
	_, err = fmt.Fprintf(a.stdout, "%s %s\n", safe(ref.String()), words)
	return err
}

// validate checks what the command line says, before anything is opened.
func (op *operation) validate(interactive bool) error {
	switch {
	case strings.TrimSpace(op.reason) == "":
		return usage("give a --reason; it becomes part of the saga's history", "%s needs a reason", op.verb)
	case op.actor == "":
		return usage("give an --actor; it becomes part of the saga's history", "%s needs an actor, and $USER is not set", op.verb)
	case op.mustSee && op.revision < 0 && !interactive:
		return usage("take it from: projector sagas show ID", "%s needs the --revision that you have seen", op.verb)
	case op.check != nil:
		return op.check()
	}
	return nil
}

// confirmSeen shows what the saga waits for and returns the revision at which the operator has agreed.
func (a *app) confirmSeen(ctx context.Context, store eventstore.Store, ref saga.Ref, op *operation) (int64, error) {
	s, err := tell(ctx, store, ref)
	if err != nil {
		return 0, err
	}
	if s.Parked == nil && op.parkedOnly {
		return 0, fmt.Errorf("%s %s, which is %s: %w", op.verb, ref, s.condition(), saga.ErrNotParked)
	}
	because, remedy := "", ""
	if s.Waits != nil {
		because = ": " + s.Waits.Because
	}
	if s.Parked != nil {
		remedy = "\n" + s.Parked.Remedy
	}
	a.note("%s is %s at revision %d%s%s", safe(ref.String()), s.condition(), s.Revision, safe(because), safe(remedy))
	return s.Revision, a.confirm(op.verb+" it?", "nothing was done")
}

// interactive reports whether someone is there to be asked.
func (a *app) interactive() bool {
	file, ok := a.stdin.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}

// confirm asks whoever is there, and gives an error unless they agree.
func (a *app) confirm(question, otherwise string) error {
	fmt.Fprintf(a.stderr, "%s [y/N] ", question)
	answer, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil || !strings.EqualFold(strings.TrimSpace(answer), "y") {
		return fail(ExitInterrupted, "nothing was changed", "%s", otherwise)
	}
	return nil
}
