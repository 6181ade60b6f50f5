package verify

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// migration is what is read of a SagaMigrated.
type migration struct {
	Version        int             `json:"version"`
	DefinitionHash string          `json:"definition_hash"`
	Plan           json.RawMessage `json:"plan"`
	Actor          string          `json:"actor"`
	Reason         string          `json:"reason"`
	SeenRevision   *int64          `json:"seen_revision"`
}

// migrated takes in a SagaMigrated: from then on the saga is judged by the plan in it.
func (p *pass) migrated(s *stream, ev *eventstore.RecordedEvent, meta *eventstore.Metadata) {
	h := s.saga
	var m migration
	if h.def == nil || !p.decode(ev, meta.Schema, &m) {
		p.giveUp(s, ev)
		return
	}
	def, err := p.defs.of(h.ref.Name, m.Version, m.Plan)
	if err != nil {
		p.found.add(ruleReadable, ev.Stream, ev.Revision, "Its plan cannot be decoded: %v.", err)
		p.giveUp(s, ev)
		return
	}
	p.fact = fact{
		kind: ev.Type, revision: ev.Revision, at: meta.At, Actor: m.Actor, Reason: m.Reason, SeenRevision: m.SeenRevision,
	}
	owed := h.owed
	h.owed = debt{}
	h.want(h.pays(owed), ruleFollows, "%s was to follow, and not %s.", owed, ev.Type)
	p.judge(ev, def, m.DefinitionHash)
	h.want(m.Version > h.version, ruleDefinition, "It is migrated from version %d to version %d.", h.version, m.Version)
	h.signed()
	if !h.moveTo(def) {
		p.giveUp(s, ev)
		return
	}
	h.version = m.Version
	if h.parked && h.parkedFor == saga.ParkedStepMissing {
		h.parked = false // that it has the functions is why it was migrated
		h.permitAll()
	}
}

// judge looks at a definition, and at the hash that is stated of it.
func (p *pass) judge(ev *eventstore.RecordedEvent, def *definition, stated string) {
	for _, fault := range def.faults {
		p.found.add(ruleDefinition, ev.Stream, ev.Revision, "In its definition %s.", fault)
	}
	if def.hash != stated {
		p.found.add(ruleDefinition, ev.Stream, ev.Revision, "It states the hash %s, its plan gives %s.", stated, def.hash)
	}
}

// moveTo puts what is known of each step where the step stands in another plan. It is false when a step that has begun, or at
// which the saga stands, has no place there.
func (h *history) moveTo(def *definition) bool {
	steps, place := make([]stepHistory, len(def.plan.Steps)), make([]int, len(h.steps))
	for i := range h.steps {
		name := h.def.name(i)
		at, has := def.index[name]
		if !has {
			at = -1
		}
		place[i] = at
		missing := h.parked && h.parkedAt == i && h.parkedFor == saga.ParkedStepMissing
		needed := h.steps[i].begun() || h.parked && h.parkedAt == i && !missing
		switch {
		case at < 0 && needed:
			h.broken(ruleDefinition, "Step %s has begun, or is parked, and is no step of the plan that it is migrated to.", name)
			return false
		case at < 0 || !h.steps[i].begun():
			continue
		}
		h.sameStep(i, &def.plan.Steps[at])
		steps[at] = h.steps[i]
	}
	move := func(list []int) {
		for k, i := range list {
			list[k] = place[i]
		}
	}
	move(h.undo)
	move(h.again)
	if h.gaveUp {
		h.gaveUpAt = place[h.gaveUpAt]
	}
	if h.parked {
		h.parkedAt = place[h.parkedAt]
	}
	h.def, h.steps, h.active = def, steps, 0
	for _, change := range h.policies {
		h.repolicy(change)
	}
	h.forward()
	for i := range steps {
		steps[i].action.relimit()
		steps[i].undo.relimit()
	}
	h.checkPlace()
	return true
}

// relimit forgets that the attempts were used up by limits which hold no longer.
func (t *trackHistory) relimit() { t.final = t.final && (t.refused || t.asked) }

// sameStep demands that a step which has begun is the same one in another plan.
func (h *history) sameStep(i int, now *saga.PlannedStep) {
	was, s := &h.def.plan.Steps[i], &h.steps[i]
	same := was.Kind == now.Kind && undoable(was) == undoable(now) && was.CompensateOnFailure == now.CompensateOnFailure
	if s.undo.attempts > 0 {
		same = same && undoSaga(was) == undoSaga(now)
	}
	if !s.succeeded {
		same = same && (h.turned || was.Probe == now.Probe) && (was.Child == nil || now.Child != nil && was.Child.Saga == now.Child.Saga) &&
			(was.Await == nil || now.Await != nil && was.Await.Signal == now.Await.Signal)
	}
	h.want(same, ruleDefinition, "Step %s has begun, and is another one in the plan that it is migrated to.", was.Name)
}

// undoSaga names the saga that compensates a step, "" for none.
func undoSaga(s *saga.PlannedStep) string {
	if s.Child == nil {
		return ""
	}
	return s.Child.UndoSaga
}

// checkPlace demands that the steps that have begun are the first ones of the plan, in its order, and that all before the last
// stage of them have succeeded, or were skipped.
func (h *history) checkPlace() {
	var begun []int
	last := 0
	for i := range h.steps {
		if h.steps[i].begun() {
			begun = append(begun, i)
			last = max(last, h.def.stages[i].from)
		}
	}
	slices.SortFunc(begun, func(a, b int) int { return cmp.Compare(h.steps[a].order, h.steps[b].order) })
	before := 0
	for _, i := range begun {
		if h.steps[i].order == 0 {
			continue // it was skipped before it started
		}
		from := h.def.stages[i].from
		h.want(from >= before, ruleDefinition, "Step %s has begun, and comes before steps that began sooner.", h.def.name(i))
		before = max(before, from)
	}
	for i := range last {
		h.want(h.steps[i].passed(), ruleDefinition, "Step %s has not succeeded, and comes before %s.", h.def.name(i), h.def.name(last))
	}
}

// begun reports whether an attempt of the step was ever started, or an operator has said what is to be made of it.
func (s *stepHistory) begun() bool { return s.order > 0 || s.skipped }
