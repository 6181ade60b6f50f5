package projectorcli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasSkipCommand() *cobra.Command {
	op, step := &operation{verb: "skip", mustSee: true}, ""
	op.check = func() error {
		if strings.TrimSpace(step) == "" {
			return usage("at which step a saga stands, tells: projector sagas show ID", "skip needs the --step that is to be passed over")
		}
		return nil
	}
	op.do = func(ctx context.Context, o *saga.Orchestrator, ref saga.Ref) error {
		return o.Skip(ctx, ref.Name, ref.ID, step, op.actor, op.reason, op.revision)
	}
	op.told = func(context.Context, *saga.Orchestrator, saga.Ref) (string, map[string]any, error) {
		return "goes on without " + safe(step) + " as soon as an orchestrator runs on this log",
			map[string]any{"skipped": step, "seen_revision": op.revision}, nil
	}
	cmd := a.operatorCommand(op, &cobra.Command{
		Use:   "skip ID",
		Short: "Have a saga pass a step over, and go on behind it",
		Long: `Have a saga pass a step over at which it stands: one that it is parked at, that waits for its retry or for a signal, or that
has not begun. The step gets no result, and later steps that ask for it are told so. What an earlier attempt of it may have done
is compensated like everything else, if it comes to that; a pivot that is skipped passes the point of no return.
An attempt that has no outcome yet is waited for, and on its way back a saga skips nothing: the code is 4. What you do is recorded in
the saga's history, with the actor and the reason. --revision is the revision of the saga that you had before you, as projector
sagas show prints it: if the saga has changed since, nothing is done and the code is 4. On a terminal it may be left out: the saga
is shown and you are asked. An orchestrator that runs on the log, in this or another process, goes on with the saga within a second.`,
		Example: "  projector sagas skip ORD-000001 --step send_confirmation --revision 31 --reason 'told them by telephone'",
	})
	cmd.Flags().StringVar(&step, "step", "", "the step that is passed over (required)")
	return cmd
}

// addSkipped tells of a step that an operator has had passed over. A wait that was open is over.
func (s *story) addSkipped(at time.Time, e saga.StepSkipped) {
	s.operated("skipped", e.Step, operatorView{At: at, Actor: e.Actor, Reason: e.Reason})
	step := s.step(e.Step)
	if step == nil {
		return
	}
	if wait := last(step.Attempts); wait != nil && wait.EndedAt == nil {
		wait.EndedAt, wait.Outcome = &at, outcomeNoMore
	}
}
