package projectorcli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasPolicyCommand() *cobra.Command {
	op, step, undo := &operation{verb: "policy"}, "", false
	var retry saga.RetryPolicy
	direction := func() saga.Direction {
		if undo {
			return saga.Compensation
		}
		return saga.Action
	}
	op.check = func() error {
		switch {
		case step == "":
			return usage("give the name of a step, as in: projector sagas show ID", "policy needs a --step")
		case retry == saga.RetryPolicy{}:
			return usage("give --attempts, --initial-interval, --backoff or --maximum-interval", "policy needs something to change")
		}
		return nil
	}
	op.do = func(ctx context.Context, o *saga.Orchestrator, ref saga.Ref) error {
		return o.ChangeRetryPolicy(ctx, ref.Name, ref.ID, op.actor, op.reason, op.revision, step, direction(), retry)
	}
	op.told = func(context.Context, *saga.Orchestrator, saga.Ref) (string, map[string]any, error) {
		words := fmt.Sprintf("has another retry policy for the %s of step %s now", direction(), safe(step))
		return words, map[string]any{"step": step, "direction": direction().String()}, nil
	}
	cmd := a.operatorCommand(op, &cobra.Command{
		Use:   "policy ID",
		Short: "Give a step of one saga another retry policy",
		Long: `Give one step of a saga another retry policy; what you leave out stays as it is. An attempt that is open keeps its deadline,
a retry that is scheduled stays due when it is, and other sagas go on as they do. A step that is done or given up is not
retried by another policy: the code is 4, and a redrive is the way when the saga is parked. A policy that cannot be, or one
that allows fewer attempts than were made and are to come, is refused with code 2. What you do is recorded in the saga's
history, with the actor and the reason.
--revision is the revision of the saga that you had before you: if the saga has changed since, nothing is done and the
code is 4.`,
		Example: "  projector sagas policy ORD-000001 --step process_payment --attempts 20 --maximum-interval 10m --reason 'the bank is down'",
	})
	cmd.Flags().StringVar(&step, "step", "", "the name of the step (required)")
	cmd.Flags().BoolVar(&undo, "compensation", false, "the policy of its compensation, not that of its action")
	cmd.Flags().IntVar(&retry.MaximumAttempts, "attempts", 0, "how many attempts are made, those that were made included")
	cmd.Flags().DurationVar(&retry.InitialInterval, "initial-interval", 0, "the delay before the second attempt, as 30s")
	cmd.Flags().Float64Var(&retry.BackoffCoefficient, "backoff", 0, "what the delay is multiplied by from one retry to the next")
	cmd.Flags().DurationVar(&retry.MaximumInterval, "maximum-interval", 0, "the longest delay, as 10m")
	return cmd
}

// policyLine says what a retry policy became.
func policyLine(e saga.RetryPolicyChanged) string {
	retry := retryOf(e)
	return fmt.Sprintf("%s of %s: %d attempts, delays from %s, times %g, to %s;", e.Direction, e.Step,
		retry.MaximumAttempts, retry.InitialInterval, retry.BackoffCoefficient, retry.MaximumInterval)
}

func retryOf(e saga.RetryPolicyChanged) saga.RetryPolicy {
	command, _ := saga.OperatorCommandOf(e)
	change, _ := command.(saga.ChangeRetryPolicy)
	return change.Retry
}
