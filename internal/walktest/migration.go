package walktest

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

// Migration draws a migration of a saga to a version to which nearly every saga can be migrated: steps that have not begun are
// left out, others come behind those that have, and limits are others.
func Migration(t *rapid.T, in *saga.Instance) saga.MigrateSaga {
	plan := &saga.Plan{Groups: slices.Clone(in.Plan().Groups), DeadlineMS: in.Plan().DeadlineMS}
	last := -1 // of the steps that have begun
	for i, status := range in.Steps() {
		begun := status.State != saga.StepStatePending
		if begun || rapid.IntRange(0, 3).Draw(t, "keep") > 0 {
			step := in.Plan().Steps[i]
			relimit(t, &step)
			plan.Steps = append(plan.Steps, step)
		}
		if begun {
			last = len(plan.Steps) - 1
		}
	}
	at := last + 1
	for at > 0 && at < len(plan.Steps) && plan.Steps[at].Group != "" && plan.Steps[at].Group == plan.Steps[at-1].Group {
		at++ // not into a group
	}
	if rapid.Bool().Draw(t, "a new step") || len(plan.Steps) == 0 {
		name := "new_" + string(rune('a'+in.Version()%26))
		fresh := saga.Definition[Goods]{Name: "New", Version: 1, Steps: []saga.Step[Goods]{Step(name, saga.KindReadOnly, options(t))}}
		plan.Steps = slices.Insert(plan.Steps, min(at, len(plan.Steps)), fresh.Plan().Steps[0])
	}
	plan.Groups = slices.DeleteFunc(plan.Groups, func(g saga.PlannedGroup) bool {
		return !slices.ContainsFunc(plan.Steps, func(s saga.PlannedStep) bool { return s.Group == g.Name })
	})
	version := in.Version() + rapid.IntRange(1, 2).Draw(t, "version")
	return saga.MigrateSaga{
		Version: version, DefinitionHash: saga.DefinitionHash(in.Ref().Name, version, plan), Plan: plan,
		Actor: "ann", Reason: "new terms", SeenRevision: rapid.SampledFrom([]int64{saga.NotSeen, in.Revision()}).Draw(t, "seen"),
	}
}

// relimit gives a step other limits, now and then.
func relimit(t *rapid.T, step *saga.PlannedStep) {
	if step.Await != nil || rapid.IntRange(0, 2).Draw(t, "other limits") > 0 {
		return
	}
	step.Action.MaximumAttempts = rapid.IntRange(1, 4).Draw(t, "attempts")
	step.Action.TimeoutMS = int64(rapid.IntRange(1, 3).Draw(t, "timeout")) * 20_000 // a walk lets a minute pass for one to time out
	if step.Compensation != nil {
		undo := *step.Compensation
		undo.MaximumAttempts = rapid.IntRange(1, 4).Draw(t, "attempts to undo")
		step.Compensation = &undo
	}
}
