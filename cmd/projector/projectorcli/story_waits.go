package projectorcli

import (
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// waitView says what an open saga waits for, why, and until when at most; Until is nil when nothing limits it.
type waitView struct {
	For     string     `json:"for"`
	Because string     `json:"because"`
	Until   *time.Time `json:"until,omitempty"`
}

// waits tells what is to happen next, nil when the saga has ended.
func (s *story) waits() *waitView {
	if s.State.Ended() {
		return nil
	}
	if p := s.Parked; p != nil {
		because := fmt.Sprintf("the %s of %s is parked after %d attempt(s): %s", p.Direction, p.Step, p.Attempts, p.Reason)
		if p.Error != "" {
			because += ": " + p.Error
		}
		return &waitView{For: "a person", Because: because}
	}
	if p := s.Paused; p != nil {
		return &waitView{For: "a person to resume it", Because: "it was paused at " + instant(p.At) + " by " + p.Actor + ": " + p.Reason}
	}
	var all []*waitView
	for _, at := range s.underWay() {
		if child := at.step.child; slices.Contains(s.awaited, child) {
			all = append(all, &waitView{For: "saga " + child.String(), Because: "step " + at.step.Name + " goes on when it has ended"})
			continue
		}
		all = append(all, at.step.waits(at.direction))
	}
	if len(all) > 0 {
		return together(all)
	}
	step, direction := s.next()
	if step == nil {
		return &waitView{For: "its orchestrator", Because: "every step is done and the end is not recorded yet"}
	}
	return step.waits(direction)
}

// underway is an attempt or a wait that is open, or a retry that is to come.
type underway struct {
	step      *stepView
	direction saga.Direction
}

// underWay returns what is open, and the retries that are to come of branches that stand beside it.
func (s *story) underWay() (list []underway) {
	open := map[string]bool{}
	for _, step := range s.Steps {
		for _, d := range []saga.Direction{saga.Action, saga.Compensation} {
			if a := last(step.of(d)); a != nil && a.EndedAt == nil {
				open[step.Group] = true
				list = append(list, underway{step, d})
			}
		}
	}
	if s.State == saga.StateCompensating || s.GivenUp != "" {
		return list
	}
	for _, step := range s.Steps {
		a := last(step.Attempts)
		if step.Group != "" && open[step.Group] && a != nil && a.EndedAt != nil && !step.passed() {
			list = append(list, underway{step, saga.Action})
		}
	}
	return list
}

// next returns the step at which a saga stands of which nothing is under way, nil when none is left.
func (s *story) next() (*stepView, saga.Direction) {
	if s.State == saga.StateCompensating {
		done := func(name string) bool { return s.step(name) == nil || s.step(name).State == saga.StepStateCompensated }
		if i := slices.IndexFunc(s.CompensationPlan, func(name string) bool { return !done(name) }); i >= 0 {
			return s.step(s.CompensationPlan[i]), saga.Compensation
		}
		return nil, saga.Compensation
	}
	for _, step := range s.Steps {
		if !step.passed() {
			return step, saga.Action
		}
	}
	return nil, saga.Action
}

// passed reports whether a saga on its way forward is past the step.
func (s *stepView) passed() bool {
	return s.State == saga.StepStateCompleted || s.State == saga.StepStateSkipped
}

func (s *stepView) of(d saga.Direction) []*attemptView {
	if d == saga.Compensation {
		return s.Compensations
	}
	return s.Attempts
}

func (s *stepView) waits(d saga.Direction) *waitView {
	a := last(s.of(d))
	switch {
	case a == nil:
		return &waitView{
			For: fmt.Sprintf("the %s of %s to start", d, s.Name), Because: "no orchestrator has had a worker free for it yet",
		}
	case a.EndedAt == nil && d == saga.Action && s.Signal != "":
		return &waitView{
			For:     fmt.Sprintf("signal %s for step %s", s.Signal, s.Name),
			Because: "the step has waited for it since " + instant(a.StartedAt),
			Until:   limit(a.Deadline),
		}
	case a.EndedAt == nil:
		return &waitView{
			For:     fmt.Sprintf("attempt %d of the %s of %s to end", a.Attempt, d, s.Name),
			Because: "it was started at " + instant(a.StartedAt),
			Until:   limit(a.Deadline),
		}
	}
	because := fmt.Sprintf("attempt %d %s", a.Attempt, a.Outcome)
	if a.Error != "" {
		because += ": " + a.Error
	}
	return &waitView{
		For: fmt.Sprintf("attempt %d of the %s of %s", a.Attempt+1, d, s.Name), Because: because, Until: a.NextDue,
	}
}

// limit is an instant, nil for none.
func limit(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
