package saga

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"
)

// Errors of decisions to branch on with errors.Is.
var (
	// ErrStartedDifferently: a saga of that name and id was started with other data.
	ErrStartedDifferently = errors.New("saga was started with other data")
	// ErrNotFound: there is no such saga.
	ErrNotFound = errors.New("saga not found")
	// ErrEnded: the saga has ended, and nothing can follow.
	ErrEnded = errors.New("saga has ended")
	// ErrNotParked: the saga does not wait for a person.
	ErrNotParked = errors.New("saga is not parked")
	// ErrNotPaused: the saga does not stand still.
	ErrNotPaused = errors.New("saga is not paused")
	// ErrInvalidDeadline: a deadline is not in the future.
	ErrInvalidDeadline = errors.New("a deadline has to be in the future")
	// ErrInvalidPolicy: a saga cannot have that retry policy there.
	ErrInvalidPolicy = errors.New("invalid retry policy")
	// ErrNotRetried: the step is done or given up, so that no retry policy makes a difference to it.
	ErrNotRetried = errors.New("step is not attempted again")
	// ErrStale: the saga has changed since the operator looked at it.
	ErrStale = errors.New("saga has changed")
	// ErrTooLate: the saga is past the point from which it could have been undone.
	ErrTooLate = errors.New("saga is past its point of no return")
	// ErrNoActor: an operator command names no actor or no reason.
	ErrNoActor = errors.New("an operator command needs an actor and a reason")
)

// maxInterruptions is how often a step may be interrupted before the saga is parked: a step that takes its orchestrator
// down with it must not do so for ever.
const maxInterruptions = 5

// Decide returns the events that a command leads to, without changing the saga. No events and no error mean that there
// is nothing to do. It depends on nothing but the saga and the command. Nothing is decided on a saga with a Fault: the
// error is ErrSetAside.
func (in *Instance) Decide(command Command) ([]Event, error) {
	if in.fault != "" {
		return nil, fmt.Errorf("%s: %w: %s", in.ref, ErrSetAside, in.fault)
	}
	if start, ok := command.(StartSaga); ok {
		return in.decideStart(start)
	}
	switch {
	case in.state == StateNone:
		return nil, fmt.Errorf("%s: %w", in.ref, ErrNotFound)
	case in.state.Ended():
		return nil, in.over(command)
	}
	d := &decision{in: in.clone()}
	switch c := command.(type) {
	case Proceed:
		d.proceed(c.Now, room(true, c.Spare))
	case Attend:
		d.proceed(c.Now, 0)
	case RecordOutcome:
		d.record(c)
	case Recover:
		d.recover(c)
	case DeclareStillRunning:
		d.parkStillRunning(c.Step)
	case DeclareMissing:
		if at, ok := d.in.stands(c.Step); ok && !d.in.halted() {
			d.park(at, ParkedStepMissing)
		}
	case DeliverSignal:
		return in.decideSignal(c)
	case Redrive:
		return in.decideRedrive(c)
	case Cancel:
		return in.decideCancel(c)
	case Terminate:
		return in.decideTerminate(c)
	case Pause:
		return in.decidePause(c)
	case Extend:
		return in.decideExtend(c)
	case ChangeRetryPolicy:
		return in.decideRetryPolicy(c)
	case Resume:
		return in.decideResume(c)
	case Resolve:
		return in.decideResolve(c)
	case Skip:
		return in.decideSkip(c)
	case MigrateSaga:
		return in.decideMigrate(c)
	default:
		return nil, fmt.Errorf("saga: unknown command %T", command)
	}
	return d.events, nil
}

// decision tries its events out on a copy of the saga, so that each may follow from the one before.
type decision struct {
	in     *Instance
	events []Event
}

func (d *decision) emit(e Event) {
	d.events = append(d.events, e)
	d.in.Evolve(e)
}

func (in *Instance) decideStart(c StartSaga) ([]Event, error) {
	if in.state != StateNone {
		if !equalJSON(in.data, c.Data) {
			return nil, fmt.Errorf("%s: %w", in.ref, ErrStartedDifferently)
		}
		return nil, nil
	}
	d := &decision{in: NewInstance(c.Ref)}
	d.in.revision = in.revision
	d.emit(SagaStarted{
		Name: c.Ref.Name, ID: c.Ref.ID, Version: c.Version, DefinitionHash: c.DefinitionHash,
		CorrelationID: c.CorrelationID, Plan: c.Plan, Data: c.Data, Deadline: deadlineOf(c), Parent: c.Parent,
	})
	if d.in.fault == "" {
		d.proceed(c.Now, room(c.Go, c.Spare))
	}
	return d.events, nil
}

// proceed lets the saga go on, also after an outcome: it turns round if it is to, begins and ends waits, ends when nothing is
// left, and starts the attempts that are due, as many as there is room for, if nothing stands in their way.
func (d *decision) proceed(now time.Time, room int) {
	in := d.in
	if in.halted() || in.state.Ended() || d.parkOverlooked() {
		return
	}
	d.lapse(now)
	for !d.turn(now, room) {
		if !d.attend(now) {
			d.goOn(now, room)
			return
		}
		if in.halted() || in.state.Ended() {
			return
		}
	}
}

// goOn ends the saga when nothing is left, and otherwise starts what there is room for.
func (d *decision) goOn(now time.Time, room int) {
	in := d.in
	if !in.left() {
		d.finish()
		return
	}
	for ; room > 0; room-- {
		at, is := in.due(now)
		if !is || !d.start(at, now) {
			return
		}
	}
}

// start starts the next attempt at a place, unless there is none left to start.
func (d *decision) start(at place, now time.Time) bool {
	in := d.in
	s, planned, t := &in.steps[at.step], &in.plan.Steps[at.step], in.at(at)
	policy, probe := planned.policy(at.direction), in.probeUse(at)
	none := t.askOnly || !t.total.IsZero() && !t.total.After(now) || t.spent(policy)
	if none && probe != ProbeOnly {
		d.giveUp(at, now) // the last attempt ended, or the time for all passed, while the saga could not act on it
		return false
	}
	total := t.total.time()
	if limit := policy.TotalTimeout(); limit > 0 && total.IsZero() && probe != ProbeOnly {
		total = instant(now.Add(limit))
	}
	deadline := instant(now.Add(policy.Timeout()))
	if planned.Await != nil && policy.TimeoutMS == 0 {
		deadline = time.Time{}
	}
	if !total.IsZero() && deadline.After(total) && probe != ProbeOnly {
		deadline = total
	}
	generation := s.keyGeneration(at.direction)
	started := AttemptStarted{
		Step: planned.Name, Attempt: t.attempts + 1, Deadline: deadline, TotalDeadline: total,
		Key: IdempotencyKey(in.ref, planned.Name, at.direction, generation),
	}
	if at.direction == Action {
		d.emit(StepStarted{AttemptStarted: started, Probe: probe})
	} else {
		d.emit(CompensationStarted{AttemptStarted: started, ResultKnown: s.result != nil})
	}
	return true
}

// finish ends a saga that has nothing left to do.
func (d *decision) finish() {
	if d.in.state == StateCompensating {
		d.emit(SagaFailed{FailedStep: d.in.failed, Reason: d.in.reason})
		return
	}
	d.emit(SagaCompleted{})
}

func (d *decision) park(at place, reason ParkReason) {
	t := d.in.at(at)
	d.emit(SagaParked{Parked{
		Step: d.in.plan.Steps[at.step].Name, Direction: at.direction, Reason: reason, Attempts: t.attempts, Error: t.lastError,
	}})
}

// parkOverlooked parks the saga for a late success, also for one that came while it was parked for something else.
func (d *decision) parkOverlooked() bool {
	if d.in.state != StateCompensating {
		return false
	}
	for i := range d.in.steps {
		if d.in.steps[i].overlooked() {
			d.park(place{i, Compensation}, ParkedLateSuccess)
			return true
		}
	}
	return false
}

func (d *decision) parkStillRunning(step string) {
	if d.in.halted() {
		return
	}
	at, ok := d.in.stands(step)
	if step == "" {
		for first := range d.in.running() {
			at, ok = first, true
			break
		}
	}
	if ok {
		d.park(at, ParkedStillRunning)
	}
}

// deadlineOf returns when a saga as a whole is to have ended, zero for never.
func deadlineOf(c StartSaga) time.Time {
	if c.Plan == nil || c.Plan.DeadlineMS <= 0 {
		return time.Time{}
	}
	return instant(c.Now.Add(fromMS(c.Plan.DeadlineMS)))
}

// instant rounds a deadline or due time to what the log keeps.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// equalJSON compares two values as decoded JSON, so that white space and the order of members make no difference.
func equalJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	decode := func(raw json.RawMessage) (v any, err error) {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		err = decoder.Decode(&v)
		return v, err
	}
	if !json.Valid(a) || !json.Valid(b) {
		return false // a decoder would not look behind the first value
	}
	va, errA := decode(a)
	vb, errB := decode(b)
	return errA == nil && errB == nil && reflect.DeepEqual(va, vb)
}
