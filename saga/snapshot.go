package saga

import (
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// snapshotSchema is raised with every change of the forms below, and of what Evolve makes of the same events.
const snapshotSchema = 3

// instanceForm is the form in which a saga is kept. Its ref is known from its stream.
type instanceForm struct {
	Correlation string                  `json:"correlation"`
	Version     int                     `json:"version"`
	Hash        string                  `json:"hash"`
	Plan        *Plan                   `json:"plan"`
	Policies    map[string]PlannedRetry `json:"policies,omitempty"`
	Data        json.RawMessage         `json:"data,omitempty"`
	Revision    int64                   `json:"revision"`
	State       State                   `json:"state"`
	Steps       []stepForm              `json:"steps"`
	Active      int                     `json:"active,omitempty"`
	Started     int32                   `json:"started,omitempty"`
	UndoPlan    []int                   `json:"undo_plan"`
	UndoAt      int                     `json:"undo_at,omitempty"`
	Reason      string                  `json:"reason,omitempty"`
	Failed      string                  `json:"failed,omitempty"`
	GaveUp      *StepGivenUp            `json:"gave_up,omitempty"`
	Cancelled   string                  `json:"cancelled,omitempty"`
	Terminated  *SagaTerminated         `json:"terminated,omitempty"`
	Parked      *Parked                 `json:"parked,omitempty"`
	Paused      *SagaPaused             `json:"paused,omitempty"`
	Parent      *Parent                 `json:"parent,omitempty"`
	Deadline    time.Time               `json:"deadline,omitzero"`
	Overdue     bool                    `json:"overdue,omitempty"`
	Signals     []signalForm            `json:"signals,omitempty"`
	Fault       string                  `json:"fault,omitempty"`
}

type stepForm struct {
	State      StepState       `json:"state"`
	Unknown    bool            `json:"unknown,omitempty"`
	UndoBlind  bool            `json:"undo_blind,omitempty"`
	Skipped    bool            `json:"skipped,omitempty"`
	Order      int32           `json:"order,omitempty"`
	Generation int32           `json:"generation,omitempty"`
	Result     json.RawMessage `json:"result,omitempty"`
	Action     trackForm       `json:"action,omitzero"`
	Undo       *trackForm      `json:"undo,omitempty"`
}

type trackForm struct {
	Attempts      int             `json:"attempts,omitempty"`
	Used          int             `json:"used,omitempty"`
	Interruptions int32           `json:"interruptions,omitempty"`
	Refused       bool            `json:"refused,omitempty"`
	LastError     string          `json:"last_error,omitempty"`
	Open          bool            `json:"open,omitempty"`
	Deadline      time.Time       `json:"deadline,omitzero"`
	Total         time.Time       `json:"total,omitzero"`
	Due           time.Time       `json:"due,omitzero"`
	Child         *ChildRequested `json:"child,omitempty"`
	ChildrenLost  int32           `json:"children_lost,omitempty"`
	Probe         ProbeUse        `json:"probe,omitzero"`
	Asked         bool            `json:"asked,omitempty"`
	AskOnly       bool            `json:"ask_only,omitempty"`
}

type signalForm struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Payload json.RawMessage `json:"payload,omitempty"`
	Used    bool            `json:"used,omitempty"`
}

// SnapshotSchema implements aggregate.Snapshotter.
func (in *Instance) SnapshotSchema() int { return snapshotSchema }

// MarshalSnapshot implements aggregate.Snapshotter.
func (in *Instance) MarshalSnapshot() ([]byte, error) {
	form := instanceForm{
		Correlation: in.correlation, Version: in.version, Hash: in.hash, Plan: in.plan, Policies: in.policies, Data: in.data, Revision: in.revision,
		State: in.state, Steps: make([]stepForm, len(in.steps)), Active: in.active, Started: in.started,
		UndoPlan: in.undoPlan, UndoAt: in.undoAt, Reason: in.reason, Failed: in.failed, GaveUp: in.gaveUp,
		Cancelled: in.cancelled, Terminated: in.terminated, Parked: in.parked, Paused: in.paused, Parent: in.parent, Deadline: in.deadline,
		Overdue: in.overdue, Fault: in.fault,
	}
	for i := range in.steps {
		form.Steps[i] = in.steps[i].form()
	}
	for _, s := range in.signals {
		form.Signals = append(form.Signals, signalForm{ID: s.id, Name: s.name, Payload: s.payload, Used: s.used})
	}
	return json.Marshal(form)
}

func (s *stepRecord) form() stepForm {
	form := stepForm{
		State: s.state, Unknown: s.unknown, UndoBlind: s.undoBlind, Skipped: s.skipped, Order: s.order, Generation: s.generation, Result: s.result,
		Action: s.action.form(),
	}
	if s.undo != nil {
		undo := s.undo.form()
		form.Undo = &undo
	}
	return form
}

func (t track) form() trackForm {
	return trackForm{
		Attempts: t.attempts, Used: t.used, Interruptions: t.interruptions, Refused: t.refused, LastError: t.lastError, Open: t.open,
		Deadline: t.deadline.time(), Total: t.total.time(), Due: t.due.time(), Child: t.child, ChildrenLost: t.childrenLost,
		Probe: t.probe, Asked: t.asked, AskOnly: t.askOnly,
	}
}

// UnmarshalSnapshot implements aggregate.Snapshotter.
func (in *Instance) UnmarshalSnapshot(state []byte) error {
	var form instanceForm
	if err := json.Unmarshal(state, &form); err != nil {
		return err
	}
	if !form.fits() {
		return errors.New("it names steps that its plan does not have")
	}
	ref := in.ref
	*in = Instance{
		ref: ref, correlation: form.Correlation, version: form.Version, hash: form.Hash, plan: form.Plan, policies: form.Policies, data: form.Data,
		revision: form.Revision, state: form.State, steps: make([]stepRecord, len(form.Steps)), active: form.Active,
		started: form.Started, undoPlan: form.UndoPlan, undoAt: form.UndoAt, reason: form.Reason, failed: form.Failed,
		gaveUp: form.GaveUp, cancelled: form.Cancelled, terminated: form.Terminated, parked: form.Parked, paused: form.Paused, parent: form.Parent,
		deadline: form.Deadline, overdue: form.Overdue, fault: form.Fault,
	}
	for i := range form.Steps {
		in.steps[i] = form.Steps[i].record()
	}
	for _, s := range form.Signals {
		in.signals = append(in.signals, received{id: s.ID, name: s.Name, payload: s.Payload, used: s.Used})
	}
	return nil
}

func (f stepForm) record() stepRecord {
	s := stepRecord{
		state: f.State, unknown: f.Unknown, undoBlind: f.UndoBlind, skipped: f.Skipped, order: f.Order, generation: f.Generation, result: f.Result,
		action: f.Action.track(),
	}
	if f.Undo != nil {
		undo := f.Undo.track()
		s.undo = &undo
	}
	return s
}

func (f trackForm) track() track {
	return track{
		attempts: f.Attempts, used: f.Used, interruptions: f.Interruptions, refused: f.Refused, lastError: f.LastError, open: f.Open,
		deadline: momentOf(f.Deadline), total: momentOf(f.Total), due: momentOf(f.Due), child: f.Child, childrenLost: f.ChildrenLost,
		probe: f.Probe, asked: f.Asked, askOnly: f.AskOnly,
	}
}

// fits reports whether all places that the form names are steps of its plan.
func (f *instanceForm) fits() bool {
	if f.Plan == nil || len(f.Plan.Steps) != len(f.Steps) || len(f.Steps) == 0 {
		return false
	}
	outside := func(i int) bool { return i < 0 || i >= len(f.Steps) }
	return f.Active >= 0 && f.Active <= len(f.Steps) && f.UndoAt >= 0 && f.UndoAt <= len(f.UndoPlan) &&
		!slices.ContainsFunc(f.UndoPlan, outside)
}
