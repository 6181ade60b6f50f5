package saga

// consequence is where a saga goes when the step at which it stands fails for good. The zero value is nowhere: there is no
// such step.
type consequence struct {
	turned *CompensationRequested
	parked *Parked
}

// ifItFails asks the decisions of the saga what follows when its current action is refused for good, after it was resumed
// and redriven if it is paused or parked, and started if it does not run; or when a branch has been given up, what follows when those that run
// have succeeded. It leaves the saga as it is.
func (in *Instance) ifItFails() consequence {
	if in.fault != "" || in.state != StateStarted && in.state != StatePending {
		return consequence{}
	}
	c := in.clone()
	if c.paused != nil {
		c.follow(Resume{Actor: "-", Reason: "-", SeenRevision: c.revision})
	}
	if c.parked != nil {
		c.follow(Redrive{Actor: "-", Reason: "-", SeenRevision: c.revision})
	}
	if c.gaveUp != nil && c.anyRunning() {
		return c.untilItTurns(nil)
	}
	at, is := c.firstOpen()
	if !is {
		next, left := c.stands("")
		if !left {
			return consequence{}
		}
		if end := consequenceOf(c.follow(Proceed{Now: c.at(next).due.time()})); end != (consequence{}) {
			return end // it gets no further attempt
		}
		if at, is = c.firstOpen(); !is {
			return consequence{}
		}
	}
	if _, fails := c.plan.Steps[at.step].failing(); !fails {
		return consequence{}
	}
	return c.ifItFailsAt(at.step, false)
}

// firstOpen returns an open attempt, or where there is none a wait.
func (in *Instance) firstOpen() (at place, ok bool) {
	for p := range in.open() {
		if !ok || in.awaits(at) && !in.awaits(p) {
			at, ok = p, true
		}
	}
	return at, ok
}

// ifItFailsAt asks what follows when the open action of a step is refused for good, or lapses if it is a wait, and what
// runs beside it succeeds. unknown: an earlier attempt of it may have had an effect. It leaves the saga as it is.
func (in *Instance) ifItFailsAt(step int, unknown bool) consequence {
	c, at := in.clone(), place{step, Action}
	if c.awaits(at) {
		return c.untilItTurns(c.follow(c.endingAt(at, TimedOut)))
	}
	if unknown {
		c.follow(c.endingAt(at, Interrupted))
	}
	return c.untilItTurns(c.follow(c.endingAt(at, FailedPermanently)))
}

// untilItTurns lets what runs succeed, and probes find nothing, until something follows from what has happened.
func (in *Instance) untilItTurns(events []Event) consequence {
	end := consequenceOf(events)
	for range 1 + 2*len(in.steps) {
		if end != (consequence{}) {
			break
		}
		for at := range in.running() {
			kind := Succeeded
			if in.at(at).probe == ProbeOnly {
				kind = FailedTransiently
			}
			end = consequenceOf(in.follow(in.endingAt(at, kind)))
			break
		}
		for at := range in.owing() {
			if end == (consequence{}) && !in.anyRunning() {
				end = consequenceOf(in.follow(Proceed{Now: in.at(at).due.time()}))
			}
			break
		}
	}
	return end
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

// endingOpen is the command that ends an open attempt or wait, when it began, and lets the saga go on.
func (in *Instance) endingOpen(kind OutcomeKind) Command {
	for at := range in.open() {
		return in.endingAt(at, kind)
	}
	return Proceed{}
}

// endingAt is the command that ends an open attempt, when it began. The saga goes on unless that was a failure.
func (in *Instance) endingAt(at place, kind OutcomeKind) Command {
	t, step := in.at(at), &in.plan.Steps[at.step]
	return RecordOutcome{
		Now: t.deadline.time().Add(-step.policy(at.direction).Timeout()), Step: step.Name, Direction: at.direction,
		Attempt: t.attempts, Outcome: Outcome{Kind: kind},
		Go: kind == Succeeded || kind == Interrupted, Spare: len(in.steps),
	}
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
