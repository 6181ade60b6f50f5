package saga

// consequence is where a saga goes when the step at which it stands fails for good. The zero value is nowhere: there is no
// such step.
type consequence struct {
	turned *CompensationRequested
	parked *Parked
}

// ifItFails asks the decisions of the saga what follows when its current action is refused for good, after it was redriven
// if it is parked, and started if it does not run. It leaves the saga as it is.
func (in *Instance) ifItFails() consequence {
	if in.fault != "" || in.state != StateStarted && in.state != StatePending {
		return consequence{}
	}
	c := in.clone()
	if c.parked != nil {
		c.follow(Redrive{Actor: "-", Reason: "-", SeenRevision: c.revision})
	}
	if !c.anyRunning() {
		at, left := c.stands("")
		if !left {
			return consequence{}
		}
		if end := consequenceOf(c.follow(Proceed{Now: c.at(at).due})); end != (consequence{}) {
			return end // it gets no further attempt
		}
	}
	return consequenceOf(c.follow(c.endingOpen(FailedPermanently)))
}

// follow decides a command and lets its events happen.
func (in *Instance) follow(command Command) []Event {
	events, err := in.Decide(command)
	if err != nil {
		return nil
	}
	for _, event := range events {
		in.Evolve(event)
	}
	return events
}

// endingOpen is the command that ends the open attempt, when it began, and lets the saga go on.
func (in *Instance) endingOpen(kind OutcomeKind) Command {
	for at := range in.open() {
		t, step := in.at(at), &in.plan.Steps[at.step]
		return RecordOutcome{
			Now: t.deadline.Add(-step.policy(at.direction).Timeout()), Step: step.Name, Direction: at.direction,
			Attempt: t.attempts, Outcome: Outcome{Kind: kind}, Go: kind != FailedPermanently,
		}
	}
	return Proceed{}
}

func consequenceOf(events []Event) consequence {
	for _, event := range events {
		switch e := event.(type) {
		case CompensationRequested:
			return consequence{turned: &e}
		case SagaParked:
			return consequence{parked: &e.Parked}
		}
	}
	return consequence{}
}

// way is the consequence as the places of a definition's chart, the last one being where it ends.
func (c consequence) way(plan *Plan) []string {
	if c.turned == nil {
		return []string{"parked"}
	}
	var way []string
	for _, name := range c.turned.Plan {
		way = append(way, undoID(plan.index(name)))
	}
	return append(way, "failed")
}
