package modelcheck

import (
	"encoding/json"
	"fmt"
	"strings"

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
	answers bool // the outcome is the answer of a function
	start   bool // a worker slot is held: the decision may start an attempt
	spare   int8 // and so many more
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
	attend
	deliverSignal // attempt is its number
	cancel
	pause
	resume
	terminate
	resolve // attempt is 1 when the operator has seen another revision, also with a skip and an extension
	skip
	extend
	changePolicy // attempt is the new MaximumAttempts
	migrate      // attempt is what else is asked for, see migrate.go
)

const (
	sagaID   = "1"
	operator = "ann"
)

// signalID is the id of the signal with a number, from 0 on.
func signalID(number int) string { return fmt.Sprintf("s%d", number) }

// slots returns a command with every number of slots that can be held for it.
func (s *Shape) slots(c command) []command {
	all := []command{c}
	for spare := range s.widest() {
		c.start, c.spare = true, int8(spare)
		all = append(all, c)
	}
	return all
}

// real returns the command as Decide takes it.
func (g *graph) real(n *node, c command) saga.Command {
	switch c.kind {
	case startSaga:
		return saga.StartSaga{
			Now: n.now, Ref: g.ref, Version: 1, DefinitionHash: g.versions[0].hash, CorrelationID: "c", Plan: g.versions[0].plan,
			Parent: g.parent, Data: json.RawMessage("{}"), Go: c.start, Spare: int(c.spare),
		}
	case proceed:
		return saga.Proceed{Now: n.now, Spare: int(c.spare)}
	case recordOutcome:
		return saga.RecordOutcome{
			Now: n.now, Step: stepName(int(c.step)), Direction: c.dir, Attempt: int(c.attempt), Outcome: outcome(c.outcome),
			OfFunction: c.answers, Go: c.start, Spare: int(c.spare),
		}
	case recoverAttempt:
		return saga.Recover{Now: n.now, Go: c.start, Spare: int(c.spare)}
	case declareStillRunning:
		return saga.DeclareStillRunning{Step: stepName(int(c.step))}
	case declareMissing:
		return saga.DeclareMissing{Step: stepName(int(c.step))}
	case attend:
		return saga.Attend{Now: n.now}
	case deliverSignal:
		return saga.DeliverSignal{Now: n.now, ID: signalID(int(c.attempt)), Name: signal, Payload: json.RawMessage(`"yes"`)}
	case migrate:
		return g.migration(n, c)
	default:
		return operated(n, c)
	}
}

// operated returns the command of an operator.
func operated(n *node, c command) saga.Command {
	switch c.kind {
	case redrive:
		return saga.Redrive{Actor: operator, Reason: "again", SeenRevision: n.inst.Revision()}
	case cancel:
		return saga.Cancel{Actor: operator, Reason: "no more", SeenRevision: saga.NotSeen}
	case pause:
		return saga.Pause{Actor: operator, Reason: "stop", SeenRevision: saga.NotSeen}
	case resume:
		return saga.Resume{Actor: operator, Reason: "go on", SeenRevision: saga.NotSeen}
	case terminate:
		return saga.Terminate{Actor: operator, Reason: "enough", SeenRevision: saga.NotSeen}
	default:
		return ofStep(n, c)
	}
}

// ofStep returns the command of an operator who says something of a step, or of the deadline.
func ofStep(n *node, c command) saga.Command {
	step, seen := stepName(int(c.step)), n.inst.Revision()
	if c.kind != changePolicy {
		seen += int64(c.attempt)
	}
	switch c.kind {
	case resolve:
		said := saga.Resolve{Step: step, Direction: c.dir, Actor: operator, Reason: "they said so", SeenRevision: seen}
		if c.dir == saga.Compensation {
			said.Evidence = "a receipt"
		} else {
			said.Result = json.RawMessage(`"r"`)
		}
		return said
	case skip:
		return saga.Skip{Step: step, Actor: operator, Reason: "it can be done without", SeenRevision: seen}
	case extend:
		return saga.Extend{Now: n.now, Deadline: n.now.Add(patient), Actor: operator, Reason: "later", SeenRevision: seen}
	case changePolicy:
		return saga.ChangeRetryPolicy{
			Step: step, Direction: c.dir, Retry: saga.RetryPolicy{MaximumAttempts: int(c.attempt)},
			Actor: operator, Reason: "an outage", SeenRevision: seen,
		}
	default:
		panic(fmt.Sprintf("no command %d", c.kind))
	}
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
	if c.spare > 0 {
		slot = fmt.Sprintf(" with %d slots", c.spare+1)
	}
	attempt := fmt.Sprintf("the %s of %s, attempt %d", c.dir, stepName(int(c.step)), c.attempt)
	switch c.kind {
	case startSaga:
		return "starts the saga" + slot
	case proceed:
		return "proceeds" + strings.TrimSuffix(slot, " with a slot")
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
	case attend:
		return "attends to waits and the deadline"
	case deliverSignal:
		return "hands over signal " + signalID(int(c.attempt))
	default:
		return c.ofOperator()
	}
}

// ofOperator tells what an operator does.
func (c command) ofOperator() string {
	of := fmt.Sprintf("the %s of %s", c.dir, stepName(int(c.step)))
	switch c.kind {
	case redrive:
		return "redrives the saga"
	case cancel:
		return "cancels the saga"
	case pause:
		return "pauses the saga"
	case resume:
		return "resumes the saga"
	case terminate:
		return "ends the saga as it stands"
	case resolve:
		return "resolves " + of
	case skip:
		return "skips step " + stepName(int(c.step))
	case extend:
		return "gives the saga another deadline"
	case changePolicy:
		return fmt.Sprintf("allows %s %d attempts", of, c.attempt)
	case migrate:
		return "migrates the saga" + [...]string{"", " as it was", " back"}[c.attempt]
	default:
		return "?"
	}
}
