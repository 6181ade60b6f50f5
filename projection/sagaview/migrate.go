package sagaview

import "github.com/skaldgo/skald/saga"

// newStepRow is the row of a step that has not begun.
func newStepRow(ref saga.Ref, i int, planned *saga.PlannedStep) stepRow {
	row := stepRow{
		ref: ref, number: i + 1, step: planned.Name, kind: planned.Kind.String(), group: planned.Group,
		state: stepPending, touched: true,
	}
	if planned.Await != nil {
		row.awaits = "signal " + planned.Await.Signal
	}
	return row
}

// migrated gives the saga the rows of another plan. Those of steps that have begun keep what is known of them.
func (b *batch) migrated(r *sagaRows, e saga.SagaMigrated, soon int64) error {
	if e.Plan == nil || len(e.Plan.Steps) == 0 {
		return ErrNoPlan
	}
	if r.wantsFunction() {
		b.unpark(r)
		r.wait("", 0)
	}
	before := make(map[string]*stepRow, len(r.steps))
	for i := range r.steps {
		before[r.steps[i].step] = &r.steps[i]
	}
	steps := make([]stepRow, len(e.Plan.Steps))
	for i := range e.Plan.Steps {
		steps[i] = newStepRow(r.ref, i, &e.Plan.Steps[i])
		if was := before[steps[i].step]; was != nil && was.begun() {
			fresh := steps[i]
			steps[i] = *was
			steps[i].number, steps[i].kind, steps[i].group, steps[i].touched = fresh.number, fresh.kind, fresh.group, true
		}
	}
	r.steps, r.total, r.replaced = steps, len(steps), true
	r.version, r.hash = e.Version, e.DefinitionHash
	if !r.parked && !r.paused {
		r.goesOn(0, soon)
	}
	return nil
}

// wantsFunction reports whether the saga is parked for want of a function: what it waits for tells.
func (r *sagaRow) wantsFunction() bool {
	return r.parked && r.waitsFor == "a person: "+saga.Parked{Reason: saga.ParkedStepMissing}.Remedy()
}

// begun reports whether an attempt of the step was ever started, or an operator has said what is to be made of it.
func (s *stepRow) begun() bool { return s.state != stepPending }
