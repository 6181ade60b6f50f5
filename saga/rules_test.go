package saga_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// rules follows the stream of one saga and tells which promises it breaks. It knows nothing of the fold that decides:
// what it keeps is counted from the events alone.
type rules struct {
	events    int
	at        time.Time // of the event that is looked at
	ref       saga.Ref
	plan      *saga.Plan
	tracks    map[trackID]*attempts
	keys      map[string]trackID
	order     []string // steps by first start
	results   map[string]bool
	skipped   map[string]bool
	undone    map[string]int
	cancelled *saga.SagaCancelRequested
	gaveUp    *saga.StepGivenUp
	overdue   bool
	deadline  time.Time
	signals   []saga.SignalReceived // that have been no step's result
	heard     map[string]bool       // ids of signals
	turned    *saga.CompensationRequested
	parked    *saga.SagaParked
	paused    bool
	ended     string
	policies  []saga.RetryPolicyChanged
	broken    []string
}

// trackID is one step in one direction.
type trackID struct {
	step      string
	direction saga.Direction
}

// attempts is what happened to one step in one direction.
type attempts struct {
	number    int // of the last attempt
	budget    int // used since the start or the last redrive
	open      bool
	unknown   bool // some attempt may have had an effect
	permanent bool // the last outcome was a permanent error, and no operator asked again
	endings   map[int]string
	due       time.Time
	ended     time.Time // from when a retry counts
	deadline  time.Time
	total     time.Time
	key       string
	newKey    bool // a redrive after a late success calls for another key
	rounds    int  // how many such redrives there were
	blind     bool // the last attempt of a compensation was given no result

	probe   saga.ProbeUse // of the last attempt
	askOnly bool          // it was given up but for its probe
	asked   bool          // which had the last word
}

func newRules() *rules {
	return &rules{
		tracks: map[trackID]*attempts{}, keys: map[string]trackID{}, results: map[string]bool{}, undone: map[string]int{},
		heard: map[string]bool{}, skipped: map[string]bool{},
	}
}

func (r *rules) want(holds bool, rule, format string, args ...any) {
	if !holds {
		r.broken = append(r.broken, fmt.Sprintf("revision %d breaks %s: %s", r.events-1, rule, fmt.Sprintf(format, args...)))
	}
}

func (r *rules) track(step string, direction saga.Direction) *attempts {
	r.want(r.index(step) >= 0, "G3", "the plan has no step %q", step)
	id := trackID{step, direction}
	if r.tracks[id] == nil {
		r.tracks[id] = &attempts{endings: map[int]string{}}
	}
	return r.tracks[id]
}

func (r *rules) index(step string) int {
	return slices.IndexFunc(r.plan.Steps, func(s saga.PlannedStep) bool { return s.Name == step })
}

func (r *rules) policy(id trackID) saga.Policy {
	step := r.plan.Steps[r.index(id.step)]
	if id.direction == saga.Compensation {
		return *step.Compensation
	}
	return step.Action
}

// next looks at one event, recorded at an instant.
func (r *rules) next(at time.Time, event saga.Event) {
	r.events++
	r.at = at
	started, isStart := event.(saga.SagaStarted)
	r.want(isStart == (r.events == 1), "G1", "SagaStarted comes first and once, this is %T", event)
	r.want(r.ended == "", "G2", "%T follows %s", event, r.ended)
	switch e := event.(type) {
	case saga.SagaStarted:
		r.deadline = e.Deadline
		r.plan, r.ref = started.Plan, saga.Ref{Name: started.Name, ID: started.ID}
		hash := saga.DefinitionHash(started.Name, started.Version, started.Plan)
		r.want(hash == started.DefinitionHash, "G3", "the definition's hash does not recompute")
	case saga.StepStarted:
		r.started(e.AttemptStarted, saga.Action, e.Probe)
		r.stepStarted(e)
	case saga.CompensationStarted:
		r.compensationStarted(e)
		r.started(e.AttemptStarted, saga.Compensation, saga.NoProbe)
	case saga.StepCompleted:
		r.stepCompleted(e)
	case saga.CompensationCompleted:
		r.outcome(trackID{e.Step, saga.Compensation}, e.Attempt, "completed", r.at)
		r.undone[e.Step]++
	case saga.CompensationRequested:
		r.compensationRequested(e)
	case saga.SagaParked:
		r.want(r.parked == nil && !r.paused && e.Reason != "" && r.index(e.Step) >= 0, "G20", "parked at %q for %q", e.Step, e.Reason)
		r.parked = &e
	case saga.StepRedriven:
		r.redriven(e)
	case saga.StepResolved:
		r.resolved(e)
	case saga.StepSkipped:
		r.skips(e)
	case saga.SagaCompleted, saga.SagaFailed:
		r.end(event)
	case saga.DeadlineExtended:
		r.want(r.turned == nil && e.Actor != "" && e.Reason != "" && e.Deadline.After(r.at), "G19", "the deadline is extended to %s", e.Deadline)
		r.deadline, r.overdue = e.Deadline, false
	case saga.RetryPolicyChanged:
		r.retryPolicyChanged(e)
	case saga.SagaPaused:
		r.want(!r.paused && e.Actor != "" && e.Reason != "", "G20", "paused by %q for %q, paused before: %t", e.Actor, e.Reason, r.paused)
		r.paused = true
	case saga.SagaResumed:
		r.want(r.paused && e.Actor != "" && e.Reason != "", "G20", "resumed by %q for %q, paused before: %t", e.Actor, e.Reason, r.paused)
		r.paused = false
	case saga.SagaMigrated:
		r.migrated(e)
	case saga.SagaCancelRequested:
		r.cancelRequested(e)
	case saga.StepGivenUp, saga.SignalReceived, saga.SagaOverdue:
		r.told(event)
	case saga.SagaTerminated:
		r.want(e.Actor != "" && e.Reason != "", "G20", "an end by an operator says who and why")
		r.ended = event.EventType()
	default:
		r.unsuccessful(event)
	}
}

func (r *rules) unsuccessful(event saga.Event) {
	switch e := event.(type) {
	case saga.StepFailed:
		r.failed(e.AttemptFailed, saga.Action)
	case saga.CompensationFailed:
		r.failed(e.AttemptFailed, saga.Compensation)
	case saga.StepTimedOut:
		r.lost(e.AttemptRef, saga.Action, "timed out")
	case saga.CompensationTimedOut:
		r.lost(e.AttemptRef, saga.Compensation, "timed out")
	case saga.StepInterrupted:
		r.lost(e.AttemptRef, saga.Action, "interrupted")
	case saga.CompensationInterrupted:
		r.lost(e.AttemptRef, saga.Compensation, "interrupted")
	case saga.StepRetryScheduled:
		if e.Probe == saga.ProbeOnly {
			r.probeScheduled(e)
		} else {
			r.retry(e.RetryScheduled, saga.Action)
		}
	case saga.CompensationRetryScheduled:
		r.retry(e.RetryScheduled, saga.Compensation)
	default:
		r.want(false, "G24", "unknown event %T", event)
	}
}

// started looks at the start of an attempt in either direction.
func (r *rules) started(e saga.AttemptStarted, direction saga.Direction, probe saga.ProbeUse) {
	id := trackID{e.Step, direction}
	r.startsBeside(id)
	t := r.track(e.Step, direction)
	policy := r.policy(id)
	t.number++
	t.probe, t.asked = probe, false
	if probe == saga.ProbeOnly {
		r.probed(id, t)
	} else {
		t.budget++
		r.want(!t.askOnly, "G6", "attempt %d of %v is not that of its probe", e.Attempt, id)
		r.want(!t.permanent, "G7", "%v starts again after a permanent error", id)
		r.want(e.TotalDeadline.IsZero() == (policy.TotalTimeoutMS == 0), "G18", "%v has a limit for all attempts, or none", id)
		r.want(e.TotalDeadline.IsZero() || !e.Deadline.After(e.TotalDeadline), "G8", "an attempt of %v outlives them all", id)
		asks := direction == saga.Action && t.unknown && r.plan.Steps[r.index(e.Step)].Probe
		r.want((probe == saga.ProbeFirst) == asks, "G6", "attempt %d of %v asks its probe: %s", e.Attempt, id, probe)
	}
	r.want(e.Attempt == t.number, "G6", "attempt %d of %v should be %d", e.Attempt, id, t.number)
	r.want(t.budget <= policy.MaximumAttempts, "G6", "attempt %d of %v exceeds its budget", e.Attempt, id)
	r.want(!r.at.Before(t.due) || probe == saga.ProbeOnly, "G8", "%v starts %s before it is due", id, t.due.Sub(r.at))
	r.want(r.parked == nil && !r.paused, "G20", "%v starts while the saga is parked or paused", id)
	endless := r.waits(id) && policy.TimeoutMS == 0
	inTime := e.Deadline.After(r.at.Add(-time.Millisecond)) && !e.Deadline.After(r.at.Add(policy.Timeout()))
	r.want(inTime && !endless || endless && e.Deadline.IsZero(), "G18", "the deadline of %v is %s, at %s", id, e.Deadline, r.at)
	r.want(t.total.IsZero() || t.total.Equal(e.TotalDeadline), "G8", "the limit of all attempts of %v moved", id)
	r.want(t.key == "" || (t.key == e.Key) != t.newKey, "G9", "attempts of %v have keys %q and %q", id, t.key, e.Key)
	owner, taken := r.keys[e.Key]
	r.want(!taken || owner == id, "G9", "the key %q belongs to %v", e.Key, owner)
	t.key, t.newKey, r.keys[e.Key] = e.Key, false, id
	t.open, t.deadline, t.total, t.due = true, e.Deadline, e.TotalDeadline, time.Time{}
}

func (r *rules) stepStarted(e saga.StepStarted) {
	unwanted := (r.cancelled != nil || r.overdue) && e.Probe != saga.ProbeOnly
	r.want(!unwanted || r.tooLate() || r.pivotUnknown() == e.Step, "G21", "%s starts after the saga was cancelled, or overdue", e.Step)
	r.want(r.gaveUp == nil || e.Probe == saga.ProbeOnly, "G26", "%s starts after another branch was given up", e.Step)
	r.want(r.turned == nil, "G11", "%s starts after the saga turned round", e.Step)
	r.want(!r.passed(e.Step), "G7", "%s starts after it succeeded", e.Step)
	group := r.plan.Steps[r.index(e.Step)].Group
	for _, before := range r.plan.Steps[:max(r.index(e.Step), 0)] {
		r.want(r.passed(before.Name) || group != "" && before.Group == group, "G5", "%s starts before %s has succeeded", e.Step, before.Name)
	}
	if !slices.Contains(r.order, e.Step) {
		r.order = append(r.order, e.Step)
	}
}

// compensationStarted demands the strict order of the plan: nothing that comes before this step in it is left to undo.
func (r *rules) compensationStarted(e saga.CompensationStarted) {
	r.want(r.turned != nil, "G10", "%s is compensated without a request", e.Step)
	if r.turned == nil {
		return
	}
	r.want(e.ResultKnown == r.results[e.Step], "G12", "%s is given its result: %t", e.Step, e.ResultKnown)
	r.want(r.undone[e.Step] <= r.track(e.Step, saga.Compensation).rounds, "G14", "%s is compensated once more", e.Step)
	r.track(e.Step, saga.Compensation).blind = !e.ResultKnown
	for _, before := range r.turned.Plan {
		if before == e.Step {
			return
		}
		r.want(r.undone[before] > 0, "G13", "%s is compensated before %s", e.Step, before)
	}
	r.want(false, "G12", "%s is compensated but not in the plan", e.Step)
}

func (r *rules) outcome(id trackID, attempt int, ending string, from time.Time) *attempts {
	t := r.track(id.step, id.direction)
	r.want(t.open && t.number == attempt, "G4", "attempt %d of %v %s but was not open", attempt, id, ending)
	t.open, t.ended, t.endings[attempt] = false, from, ending
	t.unknown = t.unknown || ending != "completed" && ending != "failed for good"
	t.permanent = ending == "failed for good" || t.permanent && t.probe == saga.ProbeOnly
	t.asked = t.probe == saga.ProbeOnly && ending != "interrupted"
	return t
}

// probeScheduled demands that nothing but the probe is left of a step that may have happened.
func (r *rules) probeScheduled(e saga.StepRetryScheduled) {
	id := trackID{e.Step, saga.Action}
	t := r.track(e.Step, saga.Action)
	r.want(t.unknown && !t.open && !r.results[e.Step] && r.plan.Steps[r.index(e.Step)].Probe, "G6", "nothing is to be asked of %v", id)
	r.want(r.usedUp(id), "G6", "%v has attempts left", id)
	r.want(e.Attempt == t.number+1 && !e.Due.After(r.at), "G8", "the probe of %v is scheduled out of turn", id)
	t.askOnly, t.due = true, e.Due
}

// probed demands that an attempt which only asks has a cause.
func (r *rules) probed(id trackID, t *attempts) {
	wanted := r.gaveUp != nil || (r.cancelled != nil || r.overdue) && !r.tooLate() && r.pivotUnknown() == ""
	r.want(t.unknown && (t.askOnly || wanted) && r.plan.Steps[r.index(id.step)].Probe, "G6", "nothing is to be asked of %v", id)
}

// usedUp reports whether a step has no attempt or time left.
func (r *rules) usedUp(id trackID) bool {
	t, policy := r.tracks[id], r.policy(id)
	late := !t.total.IsZero() && (!r.at.Before(t.total) || !r.at.Add(policy.Retry().Interval(t.budget)).Before(t.total))
	return t.permanent || t.budget >= policy.MaximumAttempts || late
}

func (r *rules) stepCompleted(e saga.StepCompleted) {
	r.want(!r.results[e.Step], "G7", "%s succeeds twice", e.Step)
	t := r.track(e.Step, saga.Action)
	if e.Late {
		was := t.endings[e.Attempt]
		r.want(was == "timed out" || was == "interrupted", "G4", "%s succeeds late after it %q", e.Step, was)
		t.open = false
	} else {
		r.outcome(trackID{e.Step, saga.Action}, e.Attempt, "completed", r.at)
		r.awaited(e)
	}
	r.results[e.Step] = true
}

func (r *rules) failed(e saga.AttemptFailed, direction saga.Direction) {
	ending := "failed"
	if e.Permanent {
		ending = "failed for good"
	}
	r.outcome(trackID{e.Step, direction}, e.Attempt, ending, r.at)
}

func (r *rules) lost(e saga.AttemptRef, direction saga.Direction, ending string) {
	from := r.at
	if ending == "timed out" {
		from = r.track(e.Step, direction).deadline
		r.want(!r.at.Before(from), "S9", "%s times out before its deadline", e.Step)
	}
	t := r.outcome(trackID{e.Step, direction}, e.Attempt, ending, from)
	if ending == "interrupted" && t.probe != saga.ProbeOnly {
		t.budget--
	}
}
