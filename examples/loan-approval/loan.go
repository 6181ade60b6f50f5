package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// Name is the name of the saga's definition.
const Name = "LoanApproval"

// StepWait is the name of the step that waits for a person.
const StepWait = "wait_for_decision"

// SignalDecision is the name of the signal by which a person decides. What comes with it is a Decision.
const SignalDecision = "decision"

// patience is how long an application waits for a person.
const patience = 14 * 24 * time.Hour

// Application is what a saga is started with.
type Application struct {
	Applicant string `json:"applicant"`
	Cents     int64  `json:"cents"`
}

// Decision is what a person decides.
type Decision struct {
	Approved bool   `json:"approved"`
	By       string `json:"by"`
	Note     string `json:"note,omitempty"`
}

// ErrRejected: a person has said no.
var ErrRejected = errors.New("rejected")

// Definition reserves the money, waits for a person, and pays out. When the person says no, or nothing for too long, the
// reservation is released. From the start of the payout on there is no way back.
func Definition(lender *Lender) saga.Definition[Application] {
	return saga.Definition[Application]{Name: Name, Version: 1, Steps: []saga.Step[Application]{
		saga.Compensable("reserve_money", lender.Reserve, lender.Release, saga.StepOptions{}),
		// Without a Default the step fails when its time is over. With one the saga would go on with that.
		saga.Await[Application](StepWait, saga.AwaitOptions[Decision]{Signal: SignalDecision, Timeout: patience}),
		saga.ReadOnly("obey_decision", obey, saga.StepOptions{}),
		saga.Retriable("pay_out", lender.PayOut, saga.StepOptions{}),
	}}
}

// obey makes a failure of a no. The result of a wait is what came with the signal.
func obey(_ context.Context, call saga.Call[Application]) (Decision, error) {
	decision, err := saga.Result[Decision](call, StepWait)
	if err == nil && !decision.Approved {
		err = saga.Permanent(fmt.Errorf("%w by %s: %s", ErrRejected, decision.By, decision.Note))
	}
	return decision, err
}
