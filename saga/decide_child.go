package saga

// request asks for the child of a step, whose data has been given, instead of completing the step. The event is the outbox:
// what has to be started is in it.
func (d *decision) request(at place, c RecordOutcome) {
	in := d.in
	planned, t := &in.plan.Steps[at.step], in.at(at)
	child := Ref{Name: planned.saga(at.direction), ID: childID(in.ref, planned.Name, at.direction, t.childrenLost)}
	if why := in.whyNoChild(at, child); why != "" {
		c.Outcome = Outcome{Kind: FailedPermanently, Error: why}
		d.record(c)
		return
	}
	d.emit(ChildRequested{Step: planned.Name, Direction: at.direction, Attempt: t.attempts, Child: child, Data: c.Outcome.Result})
	d.proceed(c.Now, room(c.Go, c.Spare))
}

// whyNoChild tells why a child is not to be started, or "".
func (in *Instance) whyNoChild(at place, child Ref) string {
	if in.turning() {
		return "saga " + child.String() + " was not started, because its parent is to be compensated"
	}
	if err := child.Validate(); err != nil {
		return err.Error()
	}
	planned := &in.plan.Steps[at.step]
	if undo := planned.saga(Compensation); undo != "" && at.direction == Action {
		// What could never be compensated is not begun.
		if err := (Ref{Name: undo, ID: childID(in.ref, planned.Name, Compensation, mostLost)}).Validate(); err != nil {
			return "the saga that compensates it: " + err.Error()
		}
	}
	return ""
}

// mostLost leaves room in an id for the number of sagas that failed to compensate a step.
const mostLost = 98

// asks reports whether an outcome gives the data of a child that is now to be started.
func (in *Instance) asks(at place, c RecordOutcome) bool {
	gives := c.Outcome.Kind == Succeeded || c.Outcome.Kind == SucceededWithNothing && at.direction == Action
	return gives && in.plan.Steps[at.step].saga(at.direction) != "" && in.at(at).child == nil
}

// childRequested folds what a step waits for: its attempt stays open without deadline, and nothing runs.
func (in *Instance) childRequested(e ChildRequested) {
	s := in.step(e.Step)
	if s == nil {
		return
	}
	t := &s.action
	if e.Direction == Compensation {
		t = s.undo
	}
	t.child = &e
}

func (in *Instance) impossibleRequest(e ChildRequested) string {
	if why := in.impossibleEnd(e.Step, e.Attempt, e.Direction); why != "" {
		return why
	}
	i := in.plan.index(e.Step)
	if i < 0 {
		return ""
	}
	if in.at(place{i, e.Direction}).child != nil || in.plan.Steps[i].saga(e.Direction) != e.Child.Name || e.Child.Name == "" {
		return "a child of step " + e.Step + " that it does not start"
	}
	return ""
}

// Children returns the sagas that this one waits for, by the steps that have started them, in the order of the plan.
func (in *Instance) Children() (children []Ref) {
	for at := range in.open() {
		if child := in.at(at).child; child != nil {
			children = append(children, child.Child)
		}
	}
	return children
}

// Parent returns the saga that has started this one; ok is false when none has.
func (in *Instance) Parent() (p Parent, ok bool) {
	if in.parent == nil {
		return Parent{}, false
	}
	return *in.parent, true
}

// starts reports whether a step starts another saga.
func (in *Instance) starts(step string) bool {
	i := in.plan.index(step)
	return i >= 0 && in.plan.Steps[i].Child != nil
}
