package projectorcli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

type signalOptions struct {
	id, payload, actor string
}

func (a *app) sagasSignalCommand() *cobra.Command {
	o := signalOptions{}
	cmd := &cobra.Command{
		Use:   "signal ID NAME",
		Short: "Hand a saga a signal that one of its steps waits for",
		Long: `Hand a saga a signal. The step that waits for a signal of that name goes on with the payload as its result, now or
when the saga comes to it; which signals a saga waits for, projector sagas show tells. --id tells one signal from another: to
send a signal again with the same id, name and payload is harmless, with other content the code is 4. An orchestrator that
runs on the log, in this or another process, goes on with the saga within a second.
The payload is not compared with the type that the definition gives it; only the program with that definition knows it.`,
		Example: `  projector sagas signal LOAN-000001 approval --id ticket-17 --payload '{"approved": true}'
  projector sagas signal LOAN-000001 approval --id ticket-17 --payload @decision.json`,
		Args: cobra.MatchAll(func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("for example: projector sagas signal ID NAME --id SIGNAL-ID",
					"signal needs the ID of a saga and the NAME of a signal")
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.format(formatTable, formatJSON)
			if err != nil {
				return err
			}
			payload, err := o.read()
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			signal := saga.Signal{ID: o.id, Name: args[1], Payload: payload, Actor: o.actor}
			return a.withSaga(ctx, args[0], a.openLogToAppend, func(store logStore, ref saga.Ref) error {
				return a.signal(ctx, store, ref, signal, format)
			})
		},
	}
	cmd.Flags().StringVar(&o.id, "id", "", "what tells this signal from another, the same whenever it is sent (required)")
	cmd.Flags().StringVar(&o.payload, "payload", "null", "the result of the step, as JSON, or @ and the name of a file that holds it")
	cmd.Flags().StringVar(&o.actor, "actor", os.Getenv("USER"), "who sends it, for the history")
	return cmd
}

// read checks the options and returns the payload.
func (o *signalOptions) read() (json.RawMessage, error) {
	if strings.TrimSpace(o.id) == "" {
		return nil, usage("give an --id that is the same whenever this signal is sent", "a signal needs an id")
	}
	return readJSON("--payload", o.payload)
}

// readJSON reads the value of a flag: JSON, or @ and the name of a file that holds it.
func readJSON(flag, value string) (json.RawMessage, error) {
	text := []byte(value)
	if file, is := strings.CutPrefix(value, "@"); is {
		read, err := os.ReadFile(file)
		if err != nil {
			return nil, usage("name a file that can be read", "%s: %v", flag, err)
		}
		text = read
	}
	if !json.Valid(text) {
		return nil, usage(`quote texts twice, as in `+flag+` '"yes"'`, "%s is not JSON: %.100s", flag, text)
	}
	return text, nil
}

func (a *app) signal(ctx context.Context, store eventstore.Store, ref saga.Ref, signal saga.Signal, format string) error {
	orchestrator, err := saga.New(saga.Config{Store: store})
	if err != nil {
		return err
	}
	if err := orchestrator.Signal(ctx, ref.Name, ref.ID, signal); err != nil {
		return err
	}
	now, err := tell(ctx, store, ref)
	if err != nil {
		return err
	}
	step := ""
	for _, s := range now.Signals {
		if s.ID == signal.ID {
			step = s.Step
		}
	}
	if format == formatJSON {
		return a.printJSON(map[string]any{"name": ref.Name, "id": ref.ID, "signal": signal.ID, "step": step, "state": now.State})
	}
	what := "it is kept until a step waits for it"
	switch {
	case step != "":
		what = "it is the result of step " + step
	case now.State.Ended():
		what = "the saga has ended, and waits for no signal any more"
	case now.State == saga.StateCompensating:
		what = "the saga is compensated, and waits for no signal any more"
	case stillAwaited(now.instance, signal.Name) < now.kept(signal.Name):
		what = "no step is left to take it"
	}
	_, err = fmt.Fprintf(a.stdout, "%s has signal %s; %s\n", safe(ref.String()), safe(signal.ID), safe(what))
	return err
}

// stillAwaited counts the steps that wait for a signal of a name, now or later.
func stillAwaited(inst *saga.Instance, name string) (n int) {
	for i, step := range inst.Steps() {
		await := inst.Plan().Steps[i].Await
		if await != nil && await.Signal == name && step.State != saga.StepStateCompleted && step.State != saga.StepStateSkipped {
			n++
		}
	}
	return n
}

// kept counts the signals of a name that no step has had.
func (s *story) kept(name string) (n int) {
	for _, signal := range s.Signals {
		if signal.Name == name && signal.Step == "" {
			n++
		}
	}
	return n
}
