package modelcheck

import (
	"fmt"
	"slices"

	"github.com/skaldgo/skald/saga"
)

// reading judges the events of one saga's log, one after the other.
type reading struct {
	*past
	graph *graph
	shape *Shape // that of the version which the saga goes by
	ref   saga.Ref
	broke string // the first rule that is broken, and how; "" for none
}

func (r *reading) want(holds bool, rule, format string, args ...any) {
	if !holds && r.broke == "" {
		r.broke = rule + ": " + fmt.Sprintf(format, args...)
	}
}

// event takes in the next event of the log.
func (r *reading) event(event saga.Event) {
	if _, first := event.(saga.SagaStarted); first {
		r.want(!r.begun, "G1", "the saga starts twice")
		r.begun = true
		return
	}
	r.want(r.begun, "G1", "%s comes before SagaStarted", event.EventType())
	r.want(r.ended == open, "G2", "%s follows the end", event.EventType())
	switch e := event.(type) {
	case saga.StepStarted:
		r.stepStarted(e)
	case saga.CompensationStarted:
		r.compensationStarted(e)
	case saga.StepCompleted:
		r.stepCompleted(e)
	case saga.CompensationCompleted:
		r.compensationCompleted(e)
	case saga.StepFailed:
		r.ends(e.Step, saga.Action, e.Attempt, !e.Permanent, false)
	case saga.StepTimedOut:
		r.ends(e.Step, saga.Action, e.Attempt, true, true)
	case saga.StepInterrupted:
		r.ends(e.Step, saga.Action, e.Attempt, true, true)
	case saga.CompensationFailed:
		r.ends(e.Step, saga.Compensation, e.Attempt, false, false)
	case saga.CompensationTimedOut:
		r.ends(e.Step, saga.Compensation, e.Attempt, false, false)
	case saga.CompensationInterrupted:
		r.ends(e.Step, saga.Compensation, e.Attempt, false, false)
	default:
		r.ofSaga(event)
	}
}

// ofSaga takes in an event about the saga as a whole.
func (r *reading) ofSaga(event saga.Event) {
	switch e := event.(type) {
	case saga.StepRetryScheduled:
		r.want(!r.turned, "G11", "step %s is to be retried after the saga has turned round", e.Step)
		r.want(!r.halted(), "G20", "step %s is to be retried while the saga is parked", e.Step)
	case saga.CompensationRetryScheduled:
		r.want(!r.halted(), "G20", "the compensation of %s is to be retried while the saga is parked", e.Step)
	case saga.CompensationRequested:
		r.turns(e)
	case saga.SagaParked:
		r.want(!r.halted(), "G20", "the saga parks twice, or while it is paused")
		i, _ := r.step(e.Step)
		r.parked, r.parkedAt, r.parkedUndo = true, int8(i), e.Direction == saga.Compensation
		r.parkedMissing = r.shape.Next != nil && e.Reason == saga.ParkedStepMissing
	case saga.StepRedriven:
		r.redriven(e)
	case saga.SagaCompleted:
		r.completes()
	case saga.SagaFailed:
		r.fails()
	default:
		r.ofLanguage(event)
	}
}

func (r *reading) step(name string) (int, *stepPast) {
	i := stepIndex(name)
	if i < 0 || i >= len(r.shape.Steps) || !r.shape.has(i) {
		r.want(false, "G3", "the plan has no step %q", name)
		return 0, &stepPast{}
	}
	return i, &r.steps[i]
}

func (r *reading) starts(e saga.AttemptStarted, d saga.Direction, last int8, generation int8) {
	r.want(!r.halted(), "G20", "the %s of %s starts while the saga is parked", d, e.Step)
	r.want(e.Attempt == int(last)+1, "G6", "attempt %d of the %s of %s follows attempt %d", e.Attempt, d, e.Step, last)
	key := r.ref.Name + "/" + r.ref.ID + "/" + e.Step + "/" + d.String()
	if generation > 0 {
		key += fmt.Sprintf("/%d", generation+1)
	}
	r.want(e.Key == key, "G9", "the key is %q and should be %q", e.Key, key)
}

func (r *reading) stepStarted(e saga.StepStarted) {
	i, s := r.step(e.Step)
	r.starts(e.AttemptStarted, saga.Action, s.action, 0)
	r.want(!r.turned, "G11", "step %s starts after the saga has turned round", e.Step)
	r.want(!r.turning(r.shape) || e.Probe == saga.ProbeOnly, "G11", "step %s starts although the saga is to turn round", e.Step)
	r.want(!s.passed(), "G7", "step %s starts after its success, or when it was skipped", e.Step)
	r.want(!s.actionOpen, "G13", "the action of %s starts while it is open", e.Step)
	for j := range i {
		besides := r.shape.together(i, j)
		r.want(besides || r.steps[j].passed() || !r.shape.has(j), "G5", "step %s starts before %s has succeeded", e.Step, stepName(j))
	}
	if !r.shape.waits(i) {
		r.besides(i)
	}
	if s.order == 0 {
		r.orders++
		s.order = r.orders
	}
	s.action, s.actionOpen, s.refused, s.asks = int8(e.Attempt), true, false, e.Probe == saga.ProbeOnly
}

func (r *reading) compensationStarted(e saga.CompensationStarted) {
	i, s := r.step(e.Step)
	r.starts(e.AttemptStarted, saga.Compensation, s.undo, s.rounds)
	at := r.binding(r.shape)
	r.want(at < 0, "G13", "the compensation of %s starts while an attempt of %s is open", e.Step, stepName(max(at, 0)))
	r.want(r.turned, "G10", "step %s is compensated in a saga that has not turned round", e.Step)
	r.want(!s.undone, "G14", "step %s is compensated twice", e.Step)
	r.want(slices.Contains(r.left[:r.remain], int8(i)), "G12", "step %s is compensated and not to be", e.Step)
	r.want(r.remain > 0 && r.left[0] == int8(i), "G13", "step %s is compensated before its turn", e.Step)
	r.want(e.ResultKnown == s.succeeded, "G13", "the result of %s is given: %t, known: %t", e.Step, e.ResultKnown, s.succeeded)
	s.undo, s.undoOpen, s.blind = int8(e.Attempt), true, !e.ResultKnown
}

func (r *reading) stepCompleted(e saga.StepCompleted) {
	i, s := r.step(e.Step)
	r.want(!s.succeeded, "G7", "step %s succeeds twice", e.Step)
	r.waited(i, e)
	if e.Late {
		r.want(s.lost&(1<<e.Attempt) != 0, "G4", "attempt %d of %s was not given up, and succeeds late", e.Attempt, e.Step)
	} else {
		r.want(s.actionOpen && e.Attempt == int(s.action), "G4", "attempt %d of %s succeeds and is not open", e.Attempt, e.Step)
	}
	s.succeeded, s.actionOpen, s.child = true, false, false
}

func (r *reading) compensationCompleted(e saga.CompensationCompleted) {
	i, s := r.step(e.Step)
	r.want(s.undoOpen && e.Attempt == int(s.undo), "G4", "compensation %d of %s ends and is not open", e.Attempt, e.Step)
	s.undone, s.undoOpen = true, false
	r.drop(int8(i))
}

// ends takes in an attempt's end without success.
func (r *reading) ends(step string, d saga.Direction, attempt int, unknown, lost bool) {
	i, s := r.step(step)
	r.want(!lost || !s.child, "C2", "step %s waits for its child, and not for a function to return", step)
	if d == saga.Compensation {
		r.want(s.undoOpen && attempt == int(s.undo), "G4", "compensation %d of %s ends and is not open", attempt, step)
		s.undoOpen = false
		return
	}
	r.want(s.actionOpen && attempt == int(s.action), "G4", "attempt %d of %s ends and is not open", attempt, step)
	s.actionOpen, s.child, s.unknown, s.refused = false, false, s.unknown || unknown, !unknown
	if lost && !r.shape.waits(i) {
		s.lost |= 1 << attempt
	}
}

// turns takes in the moment at which the way back begins.
func (r *reading) turns(e saga.CompensationRequested) {
	r.want(!r.turned, "G10", "the saga turns round twice")
	r.want(!r.halted(), "G20", "the saga turns round while it is parked")
	at := r.binding(r.shape)
	r.want(at < 0, "G10", "the saga turns round while an attempt of %s is open", stepName(max(at, 0)))
	if e.FailedStep == "" {
		r.want(r.unwanted(r.shape), "G21", "the saga turns round, and nobody wants it undone, or it cannot be")
	} else {
		i, s := r.step(e.FailedStep)
		if r.gaveUp > 0 { // whose late success changes nothing any more
			r.want(i == int(r.gaveUp)-1, "G10", "the saga turns round at %s, which was not given up", e.FailedStep)
		} else {
			r.want(!s.succeeded && s.order > 0, "G10", "the saga turns round at %s, which did not fail", e.FailedStep)
		}
	}
	r.want(!r.tooLate(r.shape) && !r.pivotUnknown(r.shape), "G16", "the saga turns round at %s, past the point of no return", e.FailedStep)
	r.planned = 0
	for _, name := range e.Plan {
		j, _ := r.step(name)
		if int(r.planned) < MaxSteps {
			r.plan[r.planned] = int8(j)
			r.planned++
		}
	}
	for j := range r.shape.Steps {
		in := slices.Contains(e.Plan, stepName(j))
		r.want(in == r.mayHaveHappened(r.shape, j), "G12", "step %s is to be compensated: %t", stepName(j), in)
	}
	r.want(slices.IsSortedFunc(r.plan[:r.planned], func(a, b int8) int { return int(r.steps[b].order - r.steps[a].order) }),
		"G13", "the compensation plan is %v, and not in the reverse order of the starts", e.Plan)
	r.turned, r.left, r.remain = true, r.plan, r.planned
	for j := range r.shape.Steps {
		if r.shape.waits(j) {
			r.steps[j].actionOpen = false // nobody waits any more
		}
	}
}

func (r *reading) redriven(e saga.StepRedriven) {
	i, s := r.step(e.Step)
	r.want(r.parked, "G20", "%s is redriven in a saga that is not parked", e.Step)
	r.unpark()
	if e.Direction != saga.Compensation || !s.undone || !s.blind || !s.succeeded {
		return
	}
	s.undone = false
	s.rounds++
	copy(r.left[1:], r.left[:min(int(r.remain), MaxSteps-1)])
	r.left[0] = int8(i)
	r.remain = min(r.remain+1, MaxSteps)
}

func (r *reading) completes() {
	r.want(!r.turned, "G17", "the saga completes after it has turned round")
	r.want(!r.halted(), "G20", "the saga completes while it is parked")
	for i := range r.shape.Steps {
		r.want(r.steps[i].passed() || !r.shape.has(i), "G17", "the saga completes without %s", stepName(i))
	}
	r.ended = completed
}

func (r *reading) fails() {
	r.want(r.turned, "G17", "the saga fails without having turned round")
	r.want(!r.halted(), "G20", "the saga fails while it is parked")
	for i := range r.shape.Steps {
		s := &r.steps[i]
		r.want(s.undone == r.mayHaveHappened(r.shape, i), "G12", "the saga fails, and %s is compensated: %t",
			stepName(i), s.undone)
	}
	r.want(r.overlooked() < 0, "G12", "the saga fails, and a step that is known to have happened was compensated blindly")
	r.want(r.binding(r.shape) < 0, "G17", "the saga fails while an attempt is open")
	r.ended = failed
}
