package verify

import (
	"encoding/json"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// beginning is what is read of a SagaStarted.
type beginning struct {
	Name           string          `json:"name"`
	ID             string          `json:"id"`
	Version        int             `json:"version"`
	DefinitionHash string          `json:"definition_hash"`
	Plan           json.RawMessage `json:"plan"`
	Deadline       time.Time       `json:"deadline"`
	CorrelationID  string          `json:"correlation_id"`
	Parent         *saga.Parent    `json:"parent"`
}

// fact is what is read of every other event of a saga: the members that any rule looks at, of all types in one.
type fact struct {
	kind     string
	revision int64
	at       time.Time
	data     []byte // all of it; the rules of signals read more

	Step          string         `json:"step"`
	Attempt       int            `json:"attempt"`
	Key           string         `json:"key"`
	Deadline      time.Time      `json:"deadline"`
	TotalDeadline time.Time      `json:"total_deadline"`
	ResultKnown   bool           `json:"result_known"`
	Late          bool           `json:"late"`
	Signal        string         `json:"signal"`
	Lapsed        bool           `json:"lapsed"`
	Permanent     bool           `json:"permanent"`
	Due           time.Time      `json:"due"`
	FailedStep    string         `json:"failed_step"`
	Reason        string         `json:"reason"`
	Plan          []string       `json:"plan"`
	Direction     saga.Direction `json:"direction"`
	Attempts      int            `json:"attempts"`
	Actor         string         `json:"actor"`
	SeenRevision  *int64         `json:"seen_revision"`
	Undone        []string       `json:"undone"`
	Error         string         `json:"error"`
	Evidence      string         `json:"evidence"`
	Child         saga.Ref       `json:"child"`
	Nothing       bool           `json:"nothing"`
	Probe         saga.ProbeUse  `json:"probe"`

	Retry saga.PlannedRetry `json:"retry"`
}

// known reports whether a type is one of a saga's stream.
func known(eventType string) bool {
	switch eventType {
	case saga.TypeSagaStarted, saga.TypeSagaCompleted, saga.TypeSagaFailed, saga.TypeSagaParked,
		saga.TypeSagaCancelRequested, saga.TypeSagaTerminated, saga.TypeSagaPaused, saga.TypeSagaResumed, saga.TypeDeadlineExtended,
		saga.TypeRetryPolicyChanged, saga.TypeSagaMigrated,
		saga.TypeStepStarted, saga.TypeStepCompleted, saga.TypeStepFailed, saga.TypeStepTimedOut,
		saga.TypeStepInterrupted, saga.TypeStepRetryScheduled, saga.TypeStepRedriven, saga.TypeStepResolved, saga.TypeStepSkipped, saga.TypeStepGivenUp,
		saga.TypeSignalReceived, saga.TypeSagaOverdue, saga.TypeChildRequested,
		saga.TypeCompensationRequested, saga.TypeCompensationStarted, saga.TypeCompensationCompleted,
		saga.TypeCompensationFailed, saga.TypeCompensationTimedOut, saga.TypeCompensationInterrupted,
		saga.TypeCompensationRetryScheduled:
		return true
	}
	return false
}

// decode reads an event; false, and a violation, when that cannot be.
func (p *pass) decode(ev *eventstore.RecordedEvent, schema int, into any) bool {
	switch {
	case !known(ev.Type):
		p.found.add(ruleReadable, ev.Stream, ev.Revision, "Its type is %q, which no saga has.", ev.Type)
		return false
	case schema > 1:
		p.found.add(ruleReadable, ev.Stream, ev.Revision, "Its schema is %d, which a newer program wrote.", schema)
		return false
	}
	if err := json.Unmarshal(ev.Data, into); err != nil {
		p.found.add(ruleReadable, ev.Stream, ev.Revision, "It cannot be decoded: %v.", err)
		return false
	}
	return true
}
