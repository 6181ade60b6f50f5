package saga

// impossibleOperation tells why an operator cannot have done what an event says, or "".
func (in *Instance) impossibleOperation(event Event) string {
	switch e := event.(type) {
	case SagaCancelRequested:
		if in.state == StateCompensating || in.cancelled != "" || in.turning() || in.pastReturn() {
			return "SagaCancelRequested of a saga that cannot be cancelled any more"
		}
	case DeadlineExtended:
		if in.state == StateCompensating {
			return "DeadlineExtended of a saga that has turned round"
		}
	case RetryPolicyChanged:
		return in.impossiblePolicy(e)
	case SagaPaused:
		if in.paused != nil {
			return "SagaPaused of a saga that is paused"
		}
	case SagaResumed:
		if in.paused == nil {
			return "SagaResumed of a saga that is not paused"
		}
	case SagaMigrated:
		if why := in.obstacles(e.Version, e.Plan); len(why) > 0 {
			return "SagaMigrated of a saga that cannot be: " + why[0]
		}
	case StepRedriven:
		if in.parked == nil {
			return "StepRedriven of a saga that is not parked"
		}
	case StepSkipped:
		if err := in.maySkip(e.Step); err != nil {
			return "StepSkipped where it cannot be: " + err.Error()
		}
	case StepResolved:
		if err := in.mayResolve(e.Step, e.Direction); err != nil {
			return "StepResolved where it cannot be: " + err.Error()
		}
	}
	return ""
}
