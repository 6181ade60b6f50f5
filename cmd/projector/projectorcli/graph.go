package projectorcli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasGraphCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "graph ID",
		Short: "Draw one saga as a Mermaid flowchart: what is done, runs, remains, is parked, and the way back",
		Long: `Draw one saga, as the log tells it at this moment, as a flowchart in the language of Mermaid, which many wikis, code
hosts and editors show as a picture. The way that it has taken is thick; the dotted one is the way back that it would
take now if its current step were refused for good. ID is the id of the saga, or Name/ID where several definitions have
a saga of that id. The hash chain of its events is verified on the way.`,
		Example: "  projector sagas graph ORD-000001\n  projector sagas graph OrderFulfillment/ORD-000001 > order.mmd",
		Args:    oneArg("ID of a saga"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := a.format(formatTable); err != nil {
				return err
			}
			ctx := cmd.Context()
			return a.withSaga(ctx, args[0], a.openLog, func(store logStore, ref saga.Ref) error {
				s, err := tell(ctx, store, ref)
				if err != nil {
					return err
				}
				_, err = fmt.Fprint(a.stdout, saga.MermaidInstance(s.instance))
				return err
			})
		},
	}
}
