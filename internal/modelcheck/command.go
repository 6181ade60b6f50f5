package modelcheck

import (
	"encoding/json"
	"fmt"

	"github.com/skaldgo/skald/saga"
)

// command is one of the commands that the world gives, in little space. Time and revision are those of the node on which
// it is decided.
type command struct {
	kind    commandKind
	step    int8
	dir     saga.Direction
	attempt int8
	outcome saga.OutcomeKind
	start   bool // a worker slot is held: the decision may start an attempt
}

type commandKind uint8

const (
	startSaga commandKind = iota
	proceed
	recordOutcome
	recoverAttempt
	declareStillRunning
	declareMissing
	redrive
)

const (
	sagaName = "Model"
	sagaID   = "1"
	operator = "ann"
)

// real returns the command as Decide takes it.
func (g *graph) real(n *node, c command) saga.Command {
	switch c.kind {
	case startSaga:
		return saga.StartSaga{
			Now: n.now, Ref: g.ref, Version: 1, DefinitionHash: g.hash, CorrelationID: "c", Plan: g.plan,
			Data: json.RawMessage("{}"), Go: c.start,
		}
	case proceed:
		return saga.Proceed{Now: n.now}
	case recordOutcome:
		return saga.RecordOutcome{
			Now: n.now, Step: stepName(int(c.step)), Direction: c.dir, Attempt: int(c.attempt), Outcome: outcome(c.outcome),
			Go: c.start,
		}
	case recoverAttempt:
		return saga.Recover{Now: n.now, Go: c.start}
	case declareStillRunning:
		return saga.DeclareStillRunning{}
	case declareMissing:
		return saga.DeclareMissing{}
	case redrive:
		return saga.Redrive{Actor: operator, Reason: "again", SeenRevision: n.inst.Revision()}
	}
	panic(fmt.Sprintf("no command %d", c.kind))
}

func outcome(kind saga.OutcomeKind) saga.Outcome {
	switch kind {
	case saga.Succeeded:
		return saga.Outcome{Kind: kind, Result: json.RawMessage(`"r"`)}
	case saga.FailedTransiently:
		return saga.Outcome{Kind: kind, Error: "failed"}
	case saga.FailedPermanently:
		return saga.Outcome{Kind: kind, Error: "refused"}
	case saga.SucceededWithNothing, saga.TimedOut, saga.Interrupted:
	}
	return saga.Outcome{Kind: kind}
}

func (c command) String() string {
	slot := ""
	if c.start {
		slot = " with a slot"
	}
	attempt := fmt.Sprintf("the %s of %s, attempt %d", c.dir, stepName(int(c.step)), c.attempt)
	switch c.kind {
	case startSaga:
		return "starts the saga" + slot
	case proceed:
		return "proceeds"
	case recordOutcome:
		how := [...]string{
			saga.Succeeded: "succeeded", saga.SucceededWithNothing: "found nothing to undo",
			saga.FailedTransiently: "failed", saga.FailedPermanently: "was refused", saga.TimedOut: "has timed out",
			saga.Interrupted: "was interrupted",
		}[c.outcome]
		return "records that " + attempt + ", " + how + slot
	case recoverAttempt:
		return "takes over the open attempt" + slot
	case declareStillRunning:
		return "declares that an attempt is still running"
	case declareMissing:
		return "declares that it has no function for the step"
	case redrive:
		return "redrives the saga"
	}
	return "?"
}
