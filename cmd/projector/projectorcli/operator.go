package projectorcli

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
)

// operatorOptions are what every command of an operator has to say, for the history of the saga.
type operatorOptions struct {
	reason   string
	actor    string
	revision int64
}

func (o *operatorOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.reason, "reason", "", "why, for the history (required)")
	cmd.Flags().StringVar(&o.actor, "actor", os.Getenv("USER"), "who does it, for the history")
	cmd.Flags().Int64Var(&o.revision, "revision", -1, "the revision of the saga that you have seen")
}

func (o *operatorOptions) check(verb string) error {
	if strings.TrimSpace(o.reason) == "" {
		return usage("give a --reason; it becomes part of the saga's history", "%s needs a reason", verb)
	}
	if o.actor == "" {
		return usage("give an --actor; it becomes part of the saga's history", "%s needs an actor, and $USER is not set", verb)
	}
	return nil
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
