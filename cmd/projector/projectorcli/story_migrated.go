package projectorcli

import "github.com/skaldgo/skald/saga"

// planned gives the story a step for each of a plan. Those that it has told of already stay what they are.
func (s *story) planned(plan *saga.Plan) {
	var steps []*stepView
	for _, planned := range plan.Steps {
		step := s.step(planned.Name)
		if step == nil {
			step = &stepView{Name: planned.Name}
		}
		step.Kind, step.Group, step.Signal = planned.Kind, planned.Group, ""
		if planned.Await != nil {
			step.Signal = planned.Await.Signal
		}
		steps = append(steps, step)
	}
	s.Steps = steps
}
