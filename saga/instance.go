package saga

import (
	"encoding/json"
	"slices"
	"time"
)

// Instance is one saga as the fold of its events: an aggregate whose Decide and Evolve are pure. It is not safe for
// concurrent use.
//
// A saga moves through its states like this; parked and paused are conditions that can hold in any of
// them but the ends:
//
//	Started ──▶ Pending ──▶ Completed
//	   │           │
//	   └─────┬─────┘
//	         ▼
//	   Compensating ──▶ Failed
//
// An operator can end it in any of them: Terminated.
type Instance struct {
	ref         Ref
	correlation string
	version     int
	hash        string
	plan        *Plan
	policies    map[string]PlannedRetry // that operators have changed, by policyKey
	data        json.RawMessage
	revision    int64
	state       State
	overdue     bool  // the deadline has passed, and that is recorded
	started     int32 // how many steps have been started, to number them
	steps       []stepRecord
	active      int   // the first step that has not succeeded, on the way forward
	undoPlan    []int // steps to compensate, in order
	undoAt      int   // where in undoPlan the way back stands
	reason      string
	failed      string       // the step that turned the saga round
	gaveUp      *StepGivenUp // the branch because of which it will turn round, when nothing is open any more
	cancelled   string       // why it is to be undone, "" while nobody asked for that
	terminated  *SagaTerminated
	parked      *Parked
	parent      *Parent // nil for a saga that no other has started
	paused      *SagaPaused
	deadline    time.Time  // of the saga as a whole, zero for none
	signals     []received // in the order in which they came
	fault       string     // why this history cannot be one of ours
}

// stepRecord is what the fold knows of one step. An open saga has one for each step, and nearly all of them are at rest: so
// its fields, and those of track, are as small as they may be and stand so that no room is left between them.
type stepRecord struct {
	state      StepState
	unknown    bool  // some attempt of the action may have had an effect
	undoBlind  bool  // the compensation's last attempt was not given a result
	skipped    bool  // by an operator, also when it was compensated since
	order      int32 // 1 for the step started first, 0 for one never started
	generation int32 // of the compensation's idempotency key
	result     json.RawMessage
	action     track
	undo       *track // nil until the compensation is started or redriven
}

// track counts the attempts of one step in one direction.
type track struct {
	attempts      int // number of the last attempt
	used          int // attempts that count against the policy, since the start or the last redrive
	lastError     string
	deadline      moment          // of the last attempt
	total         moment          // of all attempts, zero for none
	due           moment          // of the next attempt, zero for at once
	child         *ChildRequested // that the open attempt waits for
	childrenLost  int32           // how many have ended without completing
	interruptions int32           // since the start or the last redrive
	open          bool
	refused       bool     // for good: no attempt is left, whatever the policy allows
	probe         ProbeUse // of the last attempt
	asked         bool     // the last attempt did nothing but ask the probe, and has an outcome
	askOnly       bool     // of attempts only one that asks is left
}

// NewInstance returns a saga without history.
func NewInstance(ref Ref) *Instance { return &Instance{ref: ref, revision: -1} }

// Ref returns the saga's name and id.
func (in *Instance) Ref() Ref { return in.ref }

// State returns the saga's state.
func (in *Instance) State() State { return in.state }

// Revision returns the revision of the last event folded, -1 when there is none.
func (in *Instance) Revision() int64 { return in.revision }

// Version returns the version of the definition that the saga goes by: the one that it was started with, or migrated to.
func (in *Instance) Version() int { return in.version }

// DefinitionHash returns the hash of the definition that the saga goes by, also when operators have changed policies of its plan.
func (in *Instance) DefinitionHash() string { return in.hash }

// Plan returns the plan that the saga goes by: the one that it was started with, or migrated to, but for the retry policies
// that operators have changed. It is shared: do not change it.
func (in *Instance) Plan() *Plan { return in.plan }

// Data returns the data that the saga was started with, as JSON. It is shared: do not change it.
func (in *Instance) Data() json.RawMessage { return in.data }

// Parked tells where and why the saga waits for a person; ok is false when it does not.
func (in *Instance) Parked() (p Parked, ok bool) {
	if in.parked == nil {
		return Parked{}, false
	}
	return *in.parked, true
}

// Paused tells who has the saga stand still, and why; ok is false when it does not.
func (in *Instance) Paused() (p SagaPaused, ok bool) {
	if in.paused == nil {
		return SagaPaused{}, false
	}
	return *in.paused, true
}

// halted reports whether nothing of the saga may begin before a person has done something.
func (in *Instance) halted() bool { return in.parked != nil || in.paused != nil }

// Failure returns the step that turned the saga round and the reason, both empty while it has not.
func (in *Instance) Failure() (step, reason string) { return in.failed, in.reason }

// Overdue reports whether the deadline of the saga passed while it was on its way forward.
func (in *Instance) Overdue() bool { return in.overdue }

// Deadline returns when the saga as a whole is to have ended; zero when it has no such limit.
func (in *Instance) Deadline() time.Time { return in.deadline }

// Fault returns why the history folded so far cannot be that of a saga, or "".
func (in *Instance) Fault() string { return in.fault }

// keyGeneration returns the generation of the idempotency key in a direction; that of an action is always the first.
func (s *stepRecord) keyGeneration(d Direction) int {
	if d == Action {
		return 0
	}
	return int(s.generation)
}

// track returns the attempts of a step in a direction; the zero track when there were none.
func (s *stepRecord) track(d Direction) track {
	if d == Action {
		return s.action
	}
	if s.undo == nil {
		return track{}
	}
	return *s.undo
}

// spent reports whether a policy allows no further attempt.
func (t *track) spent(p Policy) bool { return t.refused || t.used > 0 && t.used >= p.MaximumAttempts }

// overlooked reports whether the step was found to have happened after its compensation had ended without its result.
func (s *stepRecord) overlooked() bool {
	return s.state == StepStateCompensated && s.undoBlind && s.result != nil
}

// clone copies what Evolve changes, so that a decision can be tried out.
func (in *Instance) clone() *Instance {
	c := *in
	c.steps = make([]stepRecord, len(in.steps))
	copy(c.steps, in.steps)
	for i := range c.steps {
		if undo := c.steps[i].undo; undo != nil {
			copied := *undo
			c.steps[i].undo = &copied
		}
	}
	c.signals = slices.Clone(in.signals)
	return &c // policies, undoPlan, parked and paused are replaced by Evolve, never changed in place
}
