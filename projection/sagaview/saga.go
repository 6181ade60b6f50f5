package sagaview

import (
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// Saga is one row of the table sagas. Instants are zero when they are not known.
type Saga struct {
	Name          string     `json:"name"`
	ID            string     `json:"id"`
	State         saga.State `json:"state"`
	Parked        bool       `json:"parked"`
	Paused        bool       `json:"paused"`
	Stuck         bool       `json:"stuck"`
	Version       int        `json:"version"`
	CorrelationID string     `json:"correlation_id"`
	// Parent is the saga, and its step, that has started this one; nil when none has.
	Parent           *saga.Parent `json:"parent,omitempty"`
	Revision         int64        `json:"revision"`
	Step             string       `json:"step,omitempty"`
	Direction        string       `json:"direction,omitempty"`
	Attempt          int          `json:"attempt,omitempty"`
	StepsTotal       int          `json:"steps_total"`
	StepsDone        int          `json:"steps_done"`
	StepsCompensated int          `json:"steps_compensated"`
	FailedStep       string       `json:"failed_step,omitempty"`
	Reason           string       `json:"reason,omitempty"`
	LastError        string       `json:"last_error,omitempty"`
	WaitsFor         string       `json:"waits_for,omitempty"`
	NextDue          time.Time    `json:"next_due,omitzero"`
	// Deadline is that of the saga as a whole; Overdue says that it passed on the way forward.
	Deadline  time.Time `json:"deadline,omitzero"`
	Overdue   bool      `json:"overdue"`
	StartedAt time.Time `json:"started_at"`
	UpdatedAt time.Time `json:"updated_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// saga turns a row into what List returns.
func (r *sagaRow) saga() (Saga, error) {
	s := Saga{
		Name: r.ref.Name, ID: r.ref.ID, Parked: r.parked, Paused: r.paused, Version: r.version, CorrelationID: r.correlation,
		Revision: r.revision, Step: r.step, Direction: r.direction, Attempt: r.attempt,
		StepsTotal: r.total, StepsDone: r.done, StepsCompensated: r.compensated, FailedStep: r.failedStep,
		Reason: r.reason, LastError: r.lastError, WaitsFor: r.waitsFor,
		NextDue: instant(r.nextDue), Deadline: instant(r.deadline), Overdue: r.overdue, StartedAt: time.UnixMilli(r.startedAt).UTC(), UpdatedAt: time.UnixMilli(r.updatedAt).UTC(),
		EndedAt: instant(r.endedAt),
	}
	if parent := r.parent; parent != (saga.Parent{}) {
		s.Parent = &parent
	}
	if err := s.State.UnmarshalText([]byte(r.state)); err != nil {
		return s, fmt.Errorf("row of saga %s: %w", r.ref, err)
	}
	return s, nil
}

// instant turns milliseconds into a time; 0 is none.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
