package projectorcli

import (
	"fmt"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga"
)

// payloadWidth is how much of a payload a table shows, in characters.
const payloadWidth = 100

func (a *app) sagasHistoryCommand() *cobra.Command {
	full := false
	cmd := &cobra.Command{
		Use:   "history ID",
		Short: "Show every event of one saga, and verify its hash chain",
		Long: `Show every event of one saga: time, revision, position, type, actor, correlation, causation and payload. The hash
chain is verified on the way; when it is broken, the events are shown all the same, and the command ends with code 7.
News that came after the end of the saga is in a stream of its own and is shown by projector sagas show.`,
		Example: "  projector sagas history ORD-000001\n  projector sagas history ORD-000001 -o jsonl",
		Args:    oneArg("ID of a saga"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.listFormat()
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			return a.withSaga(ctx, args[0], a.openLog, func(store logStore, ref saga.Ref) error {
				stream, err := readStream(ctx, store, ref.Stream())
				if err != nil {
					return err
				}
				if err := a.printHistory(ref, stream, format, full); err != nil {
					return err
				}
				return stream.broken
			})
		},
	}
	cmd.Flags().BoolVar(&full, "full", false, "show payloads in the table whole")
	return cmd
}

func (a *app) printHistory(ref saga.Ref, stream storedStream, format string, full bool) error {
	switch format {
	case formatJSON:
		return a.printJSON(struct {
			Name   string        `json:"name"`
			ID     string        `json:"id"`
			Events []storedEvent `json:"events"`
			Chain  chainView     `json:"chain"`
		}{ref.Name, ref.ID, stream.events, stream.chain})
	case formatJSONL, formatCSV:
		if err := printRows(a, stream.events, format); err != nil {
			return err
		}
	default:
		if err := a.printEvents(stream.events, full, format == formatWide); err != nil {
			return err
		}
	}
	if stream.broken == nil {
		a.note("hash chain: %s", stream.chain)
	}
	return nil
}

func (a *app) printEvents(events []storedEvent, full, wide bool) error {
	g := grid{
		header: table.Row{"revision", "position", "at", "type", "id", "schema", "actor", "correlation", "causation", "payload"},
		right:  []string{"revision", "position", "schema"},
		extra:  []string{"id", "schema"},
		wide:   wide,
	}
	cut := 0
	for _, e := range events {
		payload := string(e.Data)
		if !full && !wide && utf8.RuneCountInString(payload) > payloadWidth {
			payload = string([]rune(payload)[:payloadWidth-1]) + "…"
			cut++
		}
		g.add(e.Revision, e.Position, e.At, e.Type, e.ID, e.Schema, orDash(e.Actor), orDash(e.Correlation), orDash(e.Causation), payload)
	}
	if err := a.printTable(g); err != nil {
		return err
	}
	if cut > 0 {
		a.note("%s cut at %d characters; --full or -o wide shows the whole",
			plural(cut, "payload was", "payloads were"), payloadWidth)
	}
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
