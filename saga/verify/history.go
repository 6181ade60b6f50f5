package verify

import (
	"slices"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// history is what the rules need to know of one saga that has not ended.
type history struct {
	pass    *pass
	stream  *stream
	ref     saga.Ref
	version int
	def     *definition // nil when a part of the history is missing or unreadable: then nothing more is judged
	began   eventstore.Position

	steps  []stepHistory
	active int // the first step that has not succeeded and was not skipped
	orders int // how many steps have started

	runs int // how many attempts are open, waits aside

	gaveUp    bool // a branch got no further attempt while others ran
	gaveUpAt  int
	gaveUpFor string

	turned bool
	undo   []int // the frozen plan
	again  []int // steps to compensate once more, the last one first
	failed string
	reason string

	cancelled string // why it is to be undone, "" while nobody asked for that
	deadline  time.Time
	overdue   bool
	signals   []signalHistory

	paused    bool // an operator has it stand still
	parked    bool
	parkedAt  int
	parkedDir saga.Direction
	parkedFor saga.ParkReason
	policies  []policyChange // by operators

	owed debt
	last int64 // revision of the last event
	fact *fact // the event at hand, in memory that all sagas share
}

// stepHistory is what happened to one step.
type stepHistory struct {
	order       int // 1 for the step started first, 0 for one never started
	unknown     bool
	succeeded   bool
	compensated bool
	blind       bool // the last attempt of the compensation was given no result
	rounds      int  // how often it was to be compensated once more
	skipped     bool // by an operator
	told        bool // of by an operator: no effect need be in the books
	lost        []int
	action      trackHistory
	undo        trackHistory
}

// trackHistory is what happened to one step in one direction.
type trackHistory struct {
	attempts      int // number of the last one
	base          int // number of the last one before the last redrive
	used          int // since the start or the last redrive, interruptions aside
	interruptions int // since the start or the last redrive
	lastError     string
	permit        bool
	open          bool
	final         bool // it failed for the last time while the saga was parked or paused, so that nothing followed then
	refused       bool // it ended with a permanent error, which no policy retries
	due           time.Time
	deadline      time.Time
	total         time.Time
	child         string        // the stream of the saga that the open attempt waits for, "" for none
	childrenLost  int           // how many have ended without completing
	probe         saga.ProbeUse // of the last attempt
	asked         bool          // the last attempt only asked, and has an outcome
	askOnly       bool          // of attempts only one that asks is left
}

// lostAttempt is one that was given up and may yet turn out to have succeeded.
type lostAttempt struct {
	step    string
	attempt int
	told    bool
}

func (p *pass) sagaEvent(s *stream, ev *eventstore.RecordedEvent, meta *eventstore.Metadata) {
	if p.replay != nil {
		p.replay.event(p, s, ev, meta)
	}
	if s.ended {
		p.found.add(ruleLast, ev.Stream, ev.Revision, "This is a %s.", ev.Type)
		return
	}
	switch ev.Type {
	case saga.TypeSagaCompleted, saga.TypeSagaFailed, saga.TypeSagaTerminated:
		s.end = ev.Type
	}
	if meta.At.IsZero() {
		p.found.add(ruleClock, ev.Stream, ev.Revision, "It does not say when it was decided.")
	}
	if s.saga == nil {
		p.begin(s, ev, meta)
		return
	}
	h := s.saga
	if ev.Type == saga.TypeSagaStarted {
		p.found.add(ruleFirst, ev.Stream, ev.Revision, "The saga had started before.")
		return
	}
	h.last = ev.Revision
	if ev.Type == saga.TypeSagaMigrated {
		p.migrated(s, ev, meta)
		return
	}
	p.fact = fact{}
	if h.def == nil || !p.decode(ev, meta.Schema, &p.fact) {
		p.giveUp(s, ev)
		return
	}
	p.fact.kind, p.fact.revision, p.fact.at, p.fact.data = ev.Type, ev.Revision, meta.At, ev.Data
	h.next()
}

// giveUp judges no more of a saga of which an event cannot be read, or its beginning is missing. It still follows whether
// the saga has ended.
func (p *pass) giveUp(s *stream, ev *eventstore.RecordedEvent) {
	if s.ended {
		return
	}
	if s.saga == nil {
		p.take(s, ev)
	}
	s.saga.def, s.saga.owed, s.unclear = nil, debt{}, true
	switch ev.Type {
	case saga.TypeSagaCompleted, saga.TypeSagaFailed, saga.TypeSagaTerminated:
		s.saga.leave()
	}
}

func (p *pass) take(s *stream, ev *eventstore.RecordedEvent) *history {
	ref, _ := saga.ParseStream(ev.Stream)
	h := &history{pass: p, stream: s, ref: ref, began: ev.Position, last: ev.Revision, fact: &p.fact}
	s.saga, p.open[s.name] = h, s
	return h
}

// begin takes in the first event of a saga.
func (p *pass) begin(s *stream, ev *eventstore.RecordedEvent, meta *eventstore.Metadata) {
	h := p.take(s, ev)
	ref := h.ref
	if ev.Type != saga.TypeSagaStarted {
		p.found.add(ruleFirst, ev.Stream, ev.Revision, "The first event is a %s.", ev.Type)
		return
	}
	var b beginning
	if !p.decode(ev, meta.Schema, &b) {
		return
	}
	def, err := p.defs.of(b.Name, b.Version, b.Plan)
	if err != nil {
		p.found.add(ruleReadable, ev.Stream, ev.Revision, "Its plan cannot be decoded: %v.", err)
		return
	}
	if b.Name != ref.Name || b.ID != ref.ID {
		p.found.add(ruleIdentity, ev.Stream, ev.Revision, "It was started as %s/%s.", b.Name, b.ID)
	}
	p.judge(ev, def, b.DefinitionHash)
	p.begins(s, &b, ev)
	h.def, h.version, h.steps = def, b.Version, make([]stepHistory, len(def.plan.Steps))
	p.fact = fact{kind: ev.Type, revision: ev.Revision, at: meta.At}
	h.limited(b.Deadline)
	h.goesOn()
}

func (h *history) broken(rule, format string, args ...any) {
	h.pass.found.add(rule, h.stream.name, h.last, format, args...)
}

// want reports a broken rule unless something holds.
func (h *history) want(holds bool, rule, format string, args ...any) {
	if !holds {
		h.broken(rule, format, args...)
	}
}

// next takes in the event at hand.
func (h *history) next() {
	f := h.fact
	owed := h.owed
	h.owed = debt{}
	h.want(h.pays(owed), ruleFollows, "%s was to follow, and not %s.", owed, f.kind)
	switch f.kind {
	case saga.TypeSagaCompleted:
		h.completed(owed)
		return
	case saga.TypeSagaFailed:
		h.ended()
		return
	case saga.TypeCompensationRequested:
		h.turn(owed)
		return
	case saga.TypeSagaOverdue:
		h.becameOverdue(owed)
		return
	case saga.TypeSignalReceived:
		h.signalReceived()
		return
	}
	if !h.operated() {
		h.ofStep(owed)
	}
}

// ofStep takes in an event that is about one step.
func (h *history) ofStep(owed debt) {
	f := h.fact
	i, ok := h.def.index[f.Step]
	if !ok {
		h.broken(ruleDefinition, "The plan has no step %q.", f.Step)
		return
	}
	switch f.kind {
	case saga.TypeStepStarted:
		h.stepStarted(i)
	case saga.TypeStepGivenUp:
		h.stepGivenUp(i, owed)
	case saga.TypeCompensationStarted:
		h.compensationStarted(i)
	case saga.TypeStepCompleted:
		h.stepCompleted(i, owed)
	case saga.TypeCompensationCompleted:
		h.compensationCompleted(i)
	case saga.TypeStepRetryScheduled:
		h.retryScheduled(i, saga.Action, owed)
	case saga.TypeCompensationRetryScheduled:
		h.retryScheduled(i, saga.Compensation, owed)
	case saga.TypeChildRequested:
		h.childRequested(i)
	case saga.TypeSagaParked:
		h.park(i, owed)
	case saga.TypeStepRedriven, saga.TypeStepResolved, saga.TypeStepSkipped:
		h.operatedOn(i)
	default:
		h.unsuccessful(i)
	}
}

func (h *history) unsuccessful(i int) {
	switch h.fact.kind {
	case saga.TypeStepFailed:
		h.attemptFailed(i, saga.Action)
	case saga.TypeCompensationFailed:
		h.attemptFailed(i, saga.Compensation)
	case saga.TypeStepTimedOut:
		h.timedOut(i, saga.Action)
	case saga.TypeCompensationTimedOut:
		h.timedOut(i, saga.Compensation)
	case saga.TypeStepInterrupted:
		h.interrupted(i, saga.Action)
	case saga.TypeCompensationInterrupted:
		h.interrupted(i, saga.Compensation)
	}
}

func (h *history) track(i int, d saga.Direction) *trackHistory {
	if d == saga.Compensation {
		return &h.steps[i].undo
	}
	return &h.steps[i].action
}

// overlooked returns a step that was found to have happened after it had been compensated without its result, or -1.
func (h *history) overlooked() int {
	return slices.IndexFunc(h.steps, func(s stepHistory) bool { return s.compensated && s.blind && s.succeeded })
}

// target returns the step that is to be compensated now, or -1.
func (h *history) target() int {
	for _, i := range slices.Backward(h.again) {
		if !h.steps[i].compensated {
			return i
		}
	}
	for _, i := range h.undo {
		if !h.steps[i].compensated {
			return i
		}
	}
	return -1
}
