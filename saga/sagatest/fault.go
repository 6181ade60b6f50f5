package sagatest

import (
	"fmt"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// Kind is a way in which things go wrong.
type Kind string

// The kinds of failure that Explore tries. The first group concerns attempts of a step, the second appends to the log.
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

	// CrashBeforeAppend: the orchestrator dies, and what it was about to append is lost.
	CrashBeforeAppend Kind = "CrashBeforeAppend"
	// CrashAfterAppend: the orchestrator dies before it learns that the append was stored.
	CrashAfterAppend Kind = "CrashAfterAppend"
)

// Fault is one failure at one point of a run.
type Fault struct {
	Kind Kind

	// Step, Direction and Attempt name an attempt; Attempt counts from 1.
	Step      string
	Direction saga.Direction
	Attempt   int
	// Always: it goes wrong in the same way from Attempt on, until an operator
	// redrives the saga from there.
	Always bool

	// Append numbers the appends of orchestrators in a run, from 1, for the crashes.
	Append int
}

// Schedule is the failures of one run. A fault of one attempt goes before one that is Always.
type Schedule []Fault

// String tells the fault in words.
func (f Fault) String() string {
	if f.Append > 0 {
		return fmt.Sprintf("%s %d", f.Kind, f.Append)
	}
	always := ""
	if f.Always {
		always = " and all after it"
	}
	return fmt.Sprintf("%s at the %s of %s, attempt %d%s", f.Kind, f.Direction, f.Step, f.Attempt, always)
}

// GoString returns the fault as an expression of Go.
func (f Fault) GoString() string {
	if f.Append > 0 {
		return fmt.Sprintf("{Kind: sagatest.%s, Append: %d}", f.Kind, f.Append)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "{Kind: sagatest.%s, Step: %q", f.Kind, f.Step)
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

// faultsAt returns every fault that a point can have.
func faultsAt(p Fault) []Fault {
	with := func(k Kind, always bool) Fault {
		f := p
		f.Kind, f.Always = k, always
		return f
	}
	if p.Append > 0 {
		return []Fault{with(CrashBeforeAppend, false), with(CrashAfterAppend, false)}
	}
	var faults []Fault
	for _, k := range []Kind{PermanentError, TransientError, Panic, Timeout, DoneButTimedOut, LateSuccess} {
		faults = append(faults, with(k, false))
	}
	if p.Attempt == 1 {
		for _, k := range []Kind{TransientError, Panic, Timeout, DoneButTimedOut} {
			faults = append(faults, with(k, true))
		}
	}
	return faults
}
