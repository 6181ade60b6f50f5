package projectorcli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga"
)

type resolveOptions struct {
	step, result, evidence string
	value                  json.RawMessage // the result, once it has been read
}

func (a *app) sagasResolveCommand() *cobra.Command {
	op, o := &operation{verb: "resolve", mustSee: true, parkedOnly: true}, &resolveOptions{}
	op.check = o.check
	op.do = func(ctx context.Context, orchestrator *saga.Orchestrator, ref saga.Ref) error {
		now, err := orchestrator.Load(ctx, ref.Name, ref.ID)
		if err != nil {
			return err
		}
		return orchestrator.Resolve(ctx, ref.Name, ref.ID, o.resolution(op, now))
	}
	op.told = func(context.Context, *saga.Orchestrator, saga.Ref) (string, map[string]any, error) {
		what := "its action is completed"
		if o.evidence != "" {
			what = "its compensation is done"
		}
		return "resolved, " + what + "; an orchestrator that runs on this log goes on with it",
			map[string]any{"resolved": true, "seen_revision": op.revision}, nil
	}
	cmd := a.operatorCommand(op, &cobra.Command{
		Use:   "resolve ID",
		Short: "Say what came of the step that a saga is parked at, and let the saga go on behind it",
		Long: `Say what came of the step that a saga is parked at, when you know it from the participant. Nothing of the step is tried
again, and the saga goes on behind it.
Parked at an action: --result says that it is completed, with this result as JSON, null if there is none; later steps and the
compensation of the step are given it. The result is not compared with the type that the definition gives it; only the program
with that definition knows it. A pivot that is resolved passes the point of no return.
Parked at a compensation: --evidence says that the step is undone, and how that is known.
An attempt that has no outcome yet is waited for: until then the code is 4. What you do is recorded in the saga's history, with the
actor and the reason. --revision is the revision of the saga that you had before you, as projector sagas show prints it: if the
saga has changed since, nothing is done and the code is 4. On a terminal it may be left out: the saga is shown and you are asked.
An orchestrator that runs on the log, in this or another process, goes on with the saga within a second.`,
		Example: `  projector sagas resolve ORD-000001 --result '{"receipt": 7}' --revision 31 --reason 'it is on the statement'
  projector sagas resolve ORD-000002 --evidence 'receipt 8 of the refund' --revision 12 --reason 'refunded by hand'`,
	})
	cmd.Flags().StringVar(&o.result, "result", "", "the action is completed with this, as JSON, or @ and the name of a file that holds it")
	cmd.Flags().StringVar(&o.evidence, "evidence", "", "the compensation is done, and this is how it is known")
	cmd.Flags().StringVar(&o.step, "step", "", "the step that you mean, if it is to be checked (default: the one that the saga is parked at)")
	return cmd
}

// check reads what came of the step: one of the two.
func (o *resolveOptions) check() (err error) {
	o.evidence = strings.TrimSpace(o.evidence)
	if (o.result == "") == (o.evidence == "") {
		return usage("a completed action has a --result, null if there is none; a compensation that is done needs --evidence",
			"resolve needs one of --result and --evidence")
	}
	if o.result != "" {
		o.value, err = readJSON("--result", o.result)
	}
	return err
}

// resolution says it of what the saga is parked at. Of a saga that is not parked any more the decision tells so.
func (o *resolveOptions) resolution(op *operation, now *saga.Instance) saga.Resolution {
	parked, _ := now.Parked()
	r := saga.Resolution{
		Step: parked.Step, Direction: saga.Action, Result: o.value, Evidence: o.evidence,
		Actor: op.actor, Reason: op.reason, SeenRevision: op.revision,
	}
	if o.step != "" {
		r.Step = o.step
	}
	if o.evidence != "" {
		r.Direction = saga.Compensation
	}
	return r
}

// addResolved tells of what an operator has said of a step.
func (s *story) addResolved(ev storedEvent, e saga.StepResolved) {
	said := "completed"
	if e.Direction == saga.Compensation {
		said = fmt.Sprintf("compensated, %s", e.Evidence)
	}
	s.operated("resolved", e.Step, operatorView{At: ev.At, Actor: e.Actor, Reason: e.Reason + "; " + said})
}
