package sagatest

import (
	"fmt"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// Kind is a way in which things go wrong.
type Kind string

// The kinds of failure that Explore tries. The first group concerns attempts of a step, the second appends to the log,
// the third the signals for which a saga waits.
const (
	// PermanentError: the participant refuses for good, without an effect.
	PermanentError Kind = "PermanentError"
	// TransientError: the attempt fails before it reaches the participant.
	TransientError Kind = "TransientError"
	// Panic: the function panics before it reaches the participant.
	Panic Kind = "Panic"
	// Timeout: no answer comes in time, and the participant has not heard of it.
	Timeout Kind = "Timeout"
	// DoneButTimedOut: the participant does it, and the answer is lost.
	DoneButTimedOut Kind = "DoneButTimedOut"
	// LateSuccess: the participant does it, and its answer comes after the deadline.
	LateSuccess Kind = "LateSuccess"
	// LateEffect: the participant does it only after the deadline, and answers then. It does so also when the orchestrator
	// that asked for it is gone, and another has compensated the step meanwhile.
	LateEffect Kind = "LateEffect"
	// StillRunning: the participant does it, and the function returns only when the saga is parked because of it.
	StillRunning Kind = "StillRunning"
	// Stop: the orchestrator is stopped in good order, as at a deployment. The participant has done it; the attempt ends
	// without its answer when its context ends.
	Stop Kind = "Stop"

	// CrashBeforeAppend: the orchestrator dies, and what it was about to append is lost: the effect of the attempt that it
	// wanted to record has happened. When the append is an operator's, it is stored while no orchestrator runs.
	CrashBeforeAppend Kind = "CrashBeforeAppend"
	// CrashAfterAppend: the orchestrator dies before it learns that the append was stored, and runs nothing of it.
	CrashAfterAppend Kind = "CrashAfterAppend"
	// OutageBeforeAppend is CrashBeforeAppend, and no orchestrator runs until every deadline and delay has passed.
	OutageBeforeAppend Kind = "OutageBeforeAppend"
	// OutageAfterAppend is CrashAfterAppend, and no orchestrator runs until every deadline and delay has passed.
	OutageAfterAppend Kind = "OutageAfterAppend"
	// CancelAfterAppend: an operator cancels the saga as soon as the append is stored.
	CancelAfterAppend Kind = "CancelAfterAppend"
	// MigrateAfterAppend: an operator migrates the saga, or the child, of which the append tells to the next version as soon as it is
	// stored, if it fits; a second later the orchestrator is stopped in good order, and comes back as the newer program. It happens
	// where the case has a Next.
	MigrateAfterAppend Kind = "MigrateAfterAppend"
	// DeadlinePasses: from the append on the orchestrator stands still until the deadline of the saga has passed. It
	// happens to sagas that have one.
	DeadlinePasses Kind = "DeadlinePasses"
	// ChildEnded: an operator ends a child as it stands as soon as the append is stored, which is one to its stream.
	ChildEnded Kind = "ChildEnded"
	// ParentCancelled: an operator cancels the saga that has started a child as soon as the append is stored, which is one to the
	// stream of the child.
	ParentCancelled Kind = "ParentCancelled"
	// ParentEnded is ParentCancelled, and the operator ends it as it stands.
	ParentEnded Kind = "ParentEnded"
	// ParentPaused is ParentCancelled, and the operator pauses it, and resumes it when nothing else is left to happen.
	ParentPaused Kind = "ParentPaused"

	// SignalEarly: the signal is sent when the saga begins, not when it waits for it.
	SignalEarly Kind = "SignalEarly"
	// SignalLate: the signal is sent when the wait has lapsed, or after an hour when it cannot.
	SignalLate Kind = "SignalLate"
	// SignalNever: nobody sends the signal, unless the saga would wait for ever, or is parked because of it.
	SignalNever Kind = "SignalNever"
	// SignalTwice: the sender sends the same signal again, soon and late.
	SignalTwice Kind = "SignalTwice"
	// SignalFromSeveral: others send theirs as well, before the wait.
	SignalFromSeveral Kind = "SignalFromSeveral"
)

// attemptKinds are those that a single attempt can have, lastingKinds those that can go on from attempt to attempt,
// appendKinds those of appends, signalKinds those of signals.
func attemptKinds() []Kind {
	return []Kind{
		PermanentError, TransientError, Panic, Timeout, DoneButTimedOut, LateSuccess, LateEffect, StillRunning, Stop,
	}
}

func lastingKinds() []Kind { return []Kind{TransientError, Panic, Timeout, DoneButTimedOut} }

func appendKinds() []Kind {
	return []Kind{CrashBeforeAppend, CrashAfterAppend, OutageBeforeAppend, OutageAfterAppend, CancelAfterAppend}
}

func signalKinds() []Kind {
	return []Kind{SignalEarly, SignalLate, SignalNever, SignalTwice, SignalFromSeveral}
}

// Fault is one failure at one point of a run.
type Fault struct {
	Kind Kind

	// Saga is the id of the child that the attempt or the wait is of, "" for one of the saga itself.
	Saga string
	// Step, Direction and Attempt name an attempt; Attempt counts from 1.
	Step      string
	Direction saga.Direction
	Attempt   int
	// Always: it goes wrong in the same way from Attempt on, until an operator
	// redrives the saga from there.
	Always bool

	// Append numbers the appends of a run, from 1, those of operators and of senders of signals included, for the crashes.
	Append int

	// Wait names a step that waits for a signal, for what is unusual about the signal.
	Wait string
}

// Schedule is the failures of one run. A fault of one attempt goes before one that is Always.
type Schedule []Fault

// String tells the fault in words.
func (f Fault) String() string {
	if f.Append > 0 {
		return fmt.Sprintf("%s %d", f.Kind, f.Append)
	}
	if f.Wait != "" {
		return fmt.Sprintf("%s for %s%s", f.Kind, f.Wait, f.of())
	}
	always := ""
	if f.Always {
		always = " and all after it"
	}
	return fmt.Sprintf("%s at the %s of %s%s, attempt %d%s", f.Kind, f.Direction, f.Step, f.of(), f.Attempt, always)
}

// of names the child that the fault is of, if it is.
func (f Fault) of() string {
	if f.Saga == "" {
		return ""
	}
	return " in " + f.Saga
}

// GoString returns the fault as an expression of Go.
func (f Fault) GoString() string {
	if f.Append > 0 {
		return fmt.Sprintf("{Kind: sagatest.%s, Append: %d}", f.Kind, f.Append)
	}
	within := ""
	if f.Saga != "" {
		within = fmt.Sprintf(", Saga: %q", f.Saga)
	}
	if f.Wait != "" {
		return fmt.Sprintf("{Kind: sagatest.%s%s, Wait: %q}", f.Kind, within, f.Wait)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "{Kind: sagatest.%s%s, Step: %q", f.Kind, within, f.Step)
	if f.Direction == saga.Compensation {
		b.WriteString(", Direction: saga.Compensation")
	}
	fmt.Fprintf(&b, ", Attempt: %d", f.Attempt)
	if f.Always {
		b.WriteString(", Always: true")
	}
	b.WriteString("}")
	return b.String()
}

// String tells the schedule in words, one fault after the other.
func (s Schedule) String() string {
	if len(s) == 0 {
		return "no failure at all"
	}
	words := make([]string, 0, len(s))
	for _, f := range s {
		words = append(words, f.String())
	}
	return strings.Join(words, ", then ")
}

// GoString returns the schedule as an expression of Go.
func (s Schedule) GoString() string {
	var b strings.Builder
	b.WriteString("sagatest.Schedule{\n")
	for _, f := range s {
		fmt.Fprintf(&b, "\t%#v,\n", f)
	}
	b.WriteString("}")
	return b.String()
}

// faultsAt returns every fault that a point can have, in a saga that has a deadline or has none, and a next version or none.
func faultsAt(p spot, deadline, migrates bool) []Fault {
	var faults []Fault
	add := func(kinds []Kind, always bool) {
		for _, k := range kinds {
			f := p.Fault
			f.Kind, f.Always = k, always
			faults = append(faults, f)
		}
	}
	switch {
	case p.Append > 0:
		add(appendKinds(), false)
		if deadline {
			add([]Kind{DeadlinePasses}, false)
		}
		if migrates {
			add([]Kind{MigrateAfterAppend}, false)
		}
		if p.ofChild {
			add([]Kind{ChildEnded, ParentCancelled, ParentEnded, ParentPaused}, false)
		}
		return faults
	case p.Wait != "":
		add(signalKinds(), false)
		return faults
	}
	add(attemptKinds(), false)
	add(lastingKinds(), true)
	return faults
}
