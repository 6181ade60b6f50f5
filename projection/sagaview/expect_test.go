package sagaview_test

import (
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// expected is what the tables must hold, row by row, for sagas told as tales.
type expected map[string][]map[string]any

func expect(tales []*tale) expected {
	want := expected{"sagas": {}, "saga_steps": {}, "saga_parked": {}, "saga_counts": {}}
	counts := map[string]map[string]int64{}
	for _, s := range tales {
		if len(s.events) == 0 {
			continue
		}
		want["sagas"] = append(want["sagas"], s.row())
		for i := range s.plan.Steps {
			want["saga_steps"] = append(want["saga_steps"], s.stepRow(i))
		}
		want["saga_parked"] = append(want["saga_parked"], s.parkedRows()...)
		if counts[s.ref.Name] == nil {
			counts[s.ref.Name] = map[string]int64{}
		}
		counts[s.ref.Name][s.inst.State().String()]++
	}
	for name, states := range counts {
		for state, n := range states {
			want["saga_counts"] = append(want["saga_counts"], map[string]any{"saga_name": name, "state": state, "sagas": n})
		}
	}
	return want
}

// row is the saga's row in sagas.
func (s *tale) row() map[string]any {
	h, last := history(s.events), len(s.events)-1
	row := map[string]any{
		"saga_name": s.ref.Name, "saga_id": s.ref.ID, "state": s.inst.State().String(), "parked": int64(0), "paused": int64(0),
		"version": int64(s.inst.Version()), "definition_hash": s.inst.DefinitionHash(), "correlation_id": "order " + s.ref.ID,
		"revision": s.inst.Revision(), "steps_total": int64(len(s.plan.Steps)), "steps_done": int64(0),
		"steps_compensated": int64(0), "started_at": s.at[0].UnixMilli(), "updated_at": s.at[last].UnixMilli(),
		"step": nil, "direction": nil, "attempt": nil, "last_error": nil, "waits_for": nil, "next_due": nil, "ended_at": nil,
		"deadline": nil, "overdue": int64(0), "parent_name": nil, "parent_id": nil, "parent_step": nil,
	}
	if p := h[0].(saga.SagaStarted).Parent; p != nil {
		row["parent_name"], row["parent_id"], row["parent_step"] = p.Name, p.ID, p.Step
	}
	failedStep, reason := s.inst.Failure()
	if e, is := s.events[last].(saga.SagaTerminated); is {
		reason = "terminated by " + e.Actor + ": " + e.Reason
	}
	row["failed_step"], row["reason"] = text(failedStep), text(reason)
	for _, step := range s.plan.Steps {
		if h.success(step.Name, saga.Action) >= 0 {
			row["steps_done"] = row["steps_done"].(int64) + 1
		}
		if h.stepState(step.Name) == saga.StepStateCompensated {
			row["steps_compensated"] = row["steps_compensated"].(int64) + 1
		}
	}
	for _, event := range h {
		for _, step := range s.plan.Steps {
			for _, d := range []saga.Direction{saga.Action, saga.Compensation} {
				if is, attempt := started(event, step.Name, d); is {
					row["step"], row["direction"], row["attempt"] = step.Name, d.String(), int64(attempt.Attempt)
				}
				if is, failure, _ := lost(event, step.Name, d); is {
					row["last_error"] = failure
				}
			}
		}
	}
	parked, isParked := s.inst.Parked()
	_, isPaused := s.inst.Paused()
	row["paused"] = flag(isPaused)
	switch {
	case s.inst.State().Ended():
		row["ended_at"] = s.at[last].UnixMilli()
	case isParked:
		row["parked"], row["waits_for"] = int64(1), "a person: "+parked.Remedy()
	case isPaused:
		row["waits_for"] = "a person: resume it"
	default:
		what, due := h.waits(s.at, s.plan)
		row["waits_for"], row["next_due"] = what, due.UnixMilli()
	}
	return row
}

// stepRow is the row of a step in saga_steps.
func (s *tale) stepRow(i int) map[string]any {
	h, step := history(s.events), s.plan.Steps[i]
	state := h.stepState(step.Name)
	row := map[string]any{
		"saga_name": s.ref.Name, "saga_id": s.ref.ID, "step_number": int64(i + 1), "step": step.Name,
		"kind": step.Kind.String(), "state": state.String(), "running": int64(0), "outcome_unknown": flag(h.unknown(step.Name)),
		"result_known": flag(h.success(step.Name, saga.Action) >= 0), "compensation_blind": flag(h.blind(step.Name)),
		"next_due": nil, "started_at": nil, "ended_at": nil, "step_group": nil, "awaits": nil,
	}
	for d, columns := range map[saga.Direction][2]string{
		saga.Action: {"attempts", "last_error"}, saga.Compensation: {"compensation_attempts", "compensation_error"},
	} {
		row[columns[0]], row[columns[1]] = int64(0), nil
		if at := h.lastStart(step.Name, d); at >= 0 {
			_, attempt := started(h[at], step.Name, d)
			row[columns[0]] = int64(attempt.Attempt)
		}
		if at := h.lastLoss(step.Name, d); at >= 0 {
			_, failure, _ := lost(h[at], step.Name, d)
			row[columns[1]] = text(failure)
		}
		if h.open(step.Name, d) >= 0 && s.inst.State() != saga.StateTerminated {
			row["running"] = int64(1)
		}
	}
	first := h.first(func(e saga.Event) bool { is, _ := started(e, step.Name, saga.Action); return is })
	if first >= 0 {
		row["started_at"] = s.at[first].UnixMilli()
	}
	if due, is := h.due(step.Name); is && s.inst.State() != saga.StateTerminated {
		row["next_due"] = due.UnixMilli()
	}
	resting := []saga.StepState{
		saga.StepStateCompleted, saga.StepStateFailed, saga.StepStateUnknown, saga.StepStateCompensated, saga.StepStateSkipped,
	}
	if slices.Contains(resting, state) {
		since := len(h)
		for since > 0 && h[:since].stepState(step.Name) == state {
			since--
		}
		row["ended_at"] = s.at[since].UnixMilli()
	}
	return row
}

// parkedRows is what of the saga waits for a person.
func (s *tale) parkedRows() (rows []map[string]any) {
	if p, is := s.inst.Parked(); is {
		at := history(s.events).last(func(e saga.Event) bool { return e.EventType() == saga.TypeSagaParked })
		rows = append(rows, map[string]any{
			"saga_name": s.ref.Name, "saga_id": s.ref.ID, "step": p.Step, "direction": p.Direction.String(),
			"reason": string(p.Reason), "attempts": int64(p.Attempts), "error": text(p.Error), "remedy": p.Remedy(),
			"revision": int64(at), "parked_at": s.at[at].UnixMilli(),
		})
	}
	news := map[string]map[string]any{}
	for i, e := range s.late {
		news[e.Step] = map[string]any{
			"saga_name": s.ref.Name, "saga_id": s.ref.ID, "step": e.Step, "direction": "action",
			"reason": "late_success", "attempts": int64(e.Attempt), "error": nil,
			"remedy":   "the step succeeded after its saga had ended: undo it at the participant",
			"revision": int64(i), "parked_at": s.lateAt[i].UnixMilli(),
		}
	}
	for _, row := range news {
		rows = append(rows, row)
	}
	return rows
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// requireRows demands that a database holds exactly this.
func (want expected) requireRows(t require.TestingT, f *fixture, how string) {
	for _, table := range tables {
		got := query(t, f.db.Read, "SELECT * FROM "+table)
		sortRows(got)
		sortRows(want[table])
		require.Equal(t, want[table], got, "table %s, %s", table, how)
	}
}

func sortRows(rows []map[string]any) {
	key := func(row map[string]any) (k string) {
		for _, column := range []string{"saga_name", "saga_id", "step", "direction", "state"} {
			if text, is := row[column].(string); is {
				k += text + "\x00"
			}
		}
		return k
	}
	slices.SortFunc(rows, func(a, b map[string]any) int {
		ka, kb := key(a), key(b)
		switch {
		case ka < kb:
			return -1
		case ka > kb:
			return 1
		}
		return 0
	})
}
