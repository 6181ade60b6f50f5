package projectorcli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Example: "  projector version -o json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			format, err := a.format(formatTable, formatJSON)
			if err != nil {
				return err
			}
			if format == formatTable {
				_, err := fmt.Fprintf(a.stdout, "projector %s %s %s/%s\n",
					a.version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return err
			}
			return a.printJSON(map[string]string{
				"version": a.version(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
			})
		},
	}
}

func (a *app) version() string {
	if a.program.Version != "" {
		return a.program.Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
