package projectorcli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

const helpTemplate = `{{with or .Long .Short}}{{. | trimTrailingWhitespaces}}

{{end}}{{if .HasExample}}Examples:
{{.Example}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}`

const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} [command]{{else}}{{.UseLine}}{{end}}
{{if .HasAvailableSubCommands}}
Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}
{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}{{if .HasAvailableInheritedFlags}}
Flags of every command:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}`

func (a *app) rootCommand() *cobra.Command {
	root := group("projector", "Run sagas, keep their read models, and show them", `  projector dev
  projector sagas list --status compensating
  projector sagas show ORD-000001`)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetHelpTemplate(helpTemplate)
	root.SetUsageTemplate(usageTemplate)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("see "+cmd.CommandPath()+" --help", "%w", err)
	})
	flags := root.PersistentFlags()
	flags.StringVar(&a.data, "data", defaultData, "the data directory")
	flags.StringVar(&a.store, "store", "", "the log, by URL: sqlite:PATH, postgres://… or esdb://…; default: that of the data directory")
	flags.StringVarP(&a.output, "output", "o", formatTable, "table, wide, json, jsonl or csv; lists can be all of them, what else there is depends on the command")
	root.AddCommand(a.devCommand(), a.sagasCommand(), a.parkedCommand(), a.projectionsCommand(), a.auditCommand(),
		a.storeCommand(), a.versionCommand())
	return root
}

// group is a command that only has others under it.
func group(use, short, example string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: example, SuggestionsMinimumDistance: 2,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			hint := "see " + cmd.CommandPath() + " --help"
			if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
				hint = fmt.Sprintf("did you mean %s %s?", cmd.CommandPath(), strings.Join(similar, " or "))
			}
			return usage(hint, "unknown command %q for %q", args[0], cmd.CommandPath())
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage("see "+cmd.CommandPath()+" --help", "%s takes no argument, but got %q", cmd.CommandPath(), args[0])
}

// oneArg demands one argument, called by what it is.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 1 && args[0] != "":
			return nil
		case len(args) > 1:
			return usage("see "+cmd.CommandPath()+" --help", "%s takes one %s, but got %d arguments", cmd.CommandPath(), what, len(args))
		}
		return usage("see "+cmd.CommandPath()+" --help", "%s needs the %s", cmd.CommandPath(), what)
	}
}
