package sagatest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// Options tune an exploration. The zero value explores every pair.
type Options struct {
	// SinglesOnly leaves out the pairs: seconds become milliseconds.
	SinglesOnly bool
	// OneIn tries one pair in so many, spread evenly over all of them. Default 1: every pair.
	OneIn int
	// MaxRuns ends the exploration after so many runs, and says so. Default 100,000.
	MaxRuns int
}

// Report is what an exploration has done.
type Report struct {
	Runs      int
	Completed int // runs whose saga completed
	Failed    int // runs whose saga was compensated
	Parked    int // runs whose saga was parked, and redriven by an operator
	Points    int // points of the run without a failure, and of the one of the saga that is turned round
	Singles   int // runs with one failure, beside the refusal that turned the saga round
	Pairs     int // runs with two
	// Terminated counts runs whose saga an operator has ended while a child of it ran.
	Terminated int
	// Kinds counts the failures that happened, by kind.
	Kinds map[Kind]int
	// Complete: nothing that the options ask for was left out.
	Complete bool
	// Failing is the shortest schedule that went wrong, and Err what did; Err is nil when none did.
	Failing Schedule
	Err     error
}

// Explore runs the saga of the factory once without a failure, then once for every failure at every point, then once for
// every two of them, each time from the beginning: every kind of failure at every attempt of every action and
// compensation, and a crash before and after every append, those of restarts and operators included. The second of two
// is tried at every point of the run that the first one leads to. So that compensations are met with pairs as well, it
// does all of it again for the saga that is turned round, because its last compensable step or pivot is always refused.
//
// After each run the saga has ended; it was parked only where the schedule lets something fail, and ended when an operator
// had redriven it. The log keeps every rule of package verify, replay included; compensations ran in exact reverse order;
// the ledger balances; the invariant holds. The first schedule that goes wrong, so one of the shortest, is reported to t
// with a sequence chart and Go code for Replay, and ends the exploration.
func Explore[D any](t TB, factory func() Case[D], options Options) Report {
	t.Helper()
	e := &explorer{factory: subjects(factory), options: options}
	if e.options.MaxRuns <= 0 {
		e.options.MaxRuns = 100_000
	}
	e.options.OneIn = max(e.options.OneIn, 1)
	e.explore()
	r := e.report
	t.Logf("sagatest: %d runs, %d with one failure and %d with two: %d completed, %d failed and compensated, %d were parked"+
		" and redriven", r.Runs, r.Singles, r.Pairs, r.Completed, r.Failed, r.Parked)
	switch {
	case r.Err != nil:
		failing := try(e.factory, r.Failing, 0, true)
		failing.err = r.Err
		t.Errorf("%s", explain(r.Failing, failing))
	case !r.Complete:
		t.Logf("sagatest: stopped after MaxRuns = %d runs, others are left out", e.options.MaxRuns)
	}
	return r
}

// Replay runs the saga of the factory once under a schedule and checks what Explore checks. A schedule that does not
// happen any more, because the run never comes to one of its faults, is an error: such a test tests nothing.
func Replay[D any](t TB, factory func() Case[D], schedule Schedule) {
	t.Helper()
	trial := try(subjects(factory), schedule, 0, true)
	if trial.err == nil {
		trial.err = trial.script.idle()
	}
	if trial.err != nil {
		t.Errorf("%s", explain(schedule, trial))
	}
}

// explain tells what went wrong, how it came to that, and how to see it again.
func explain(s Schedule, t *trial) string {
	var b strings.Builder
	fmt.Fprintf(&b, "the saga does not survive %s:\n\n  %s\n", s, strings.ReplaceAll(t.err.Error(), "\n", "\n  "))
	if t.chart != nil {
		fmt.Fprintf(&b, "\nWhat happened:\n\n%s\n", t.chart)
	}
	fmt.Fprintf(&b, "\nAs a test:\n\n  sagatest.Replay(t, factory, %s)\n", strings.ReplaceAll(s.GoString(), "\n", "\n  "))
	return b.String()
}

type explorer struct {
	factory func() (subject, error)
	options Options
	report  Report
	pairs   int // met, the ones left out included
}

// step is a schedule that went well, and its run. So many faults at the front of the schedule are given.
type step struct {
	schedule Schedule
	given    int
	trial    *trial
}

// explore goes through the schedules, short ones first. It stops at the first that goes wrong.
func (e *explorer) explore() {
	e.report.Kinds = map[Kind]int{}
	base, ok := e.run(nil, 0)
	if !ok {
		return
	}
	e.report.Points = len(base.trial.script.points)
	singles, ok := e.further(base)
	if !ok {
		return
	}
	for _, turning := range base.trial.turnings() {
		turned, ok := e.run(turning, len(turning))
		if !ok {
			return
		}
		e.report.Points += len(turned.trial.script.points)
		further, ok := e.further(turned)
		if !ok {
			return
		}
		singles = append(singles, further...)
	}
	if !e.options.SinglesOnly {
		for _, s := range singles {
			if _, ok := e.further(s); !ok {
				return
			}
		}
	}
	e.report.Complete = true
}

// further runs every schedule that has one fault more, at a point behind those that it has. It returns false when one
// goes wrong or there have been runs enough.
func (e *explorer) further(s step) (steps []step, ok bool) {
	for _, p := range s.trial.script.points[s.trial.script.last:] {
		if slices.ContainsFunc(s.schedule, func(f Fault) bool { return !f.Always && samePoint(f, p.Fault) }) {
			continue
		}
		for _, f := range faultsAt(p, s.trial.script.deadline, s.trial.script.migrates) {
			if e.leaveOut(s) {
				continue
			}
			next, ok := e.run(append(slices.Clone(s.schedule), f), s.given)
			if !ok {
				return nil, false
			}
			if next.trial.script.turned() { // else the same was or will be run without what is given
				steps = append(steps, next)
			}
		}
	}
	return steps, true
}

func samePoint(a, b Fault) bool {
	return a.Append == b.Append && a.Saga == b.Saga && a.Wait == b.Wait && a.Step == b.Step && a.Direction == b.Direction && a.Attempt == b.Attempt
}

// leaveOut reports whether the next schedule that goes further is a pair that is not to be tried.
func (e *explorer) leaveOut(s step) bool {
	if len(s.schedule) == s.given {
		return false
	}
	e.pairs++
	return (e.pairs-1)%e.options.OneIn != 0
}

// turnings returns what turns the saga round as late as can be, then each of its children.
func (t *trial) turnings() []Schedule {
	all := turnings(t.end)
	for _, c := range t.children {
		for _, turning := range turnings(c.end) {
			for i := range turning {
				turning[i].Saga = c.ref.ID
			}
			all = append(all, turning)
		}
	}
	return all
}

// turnings returns what turns a saga round as late as can be: a refusal, and an effect whose answer is lost, so that the
// step itself is compensated as well. Nothing when nothing can.
func turnings(end *saga.Instance) []Schedule {
	if end.State() == saga.StateFailed {
		return nil // it is turned round already
	}
	for _, step := range slices.Backward(end.Plan().Steps) {
		lost := Fault{Kind: DoneButTimedOut, Step: step.Name, Attempt: 1}
		refused := Fault{Kind: PermanentError, Step: step.Name, Attempt: 1, Always: true}
		switch step.Kind {
		case saga.KindPivot, saga.KindChild:
			return []Schedule{{refused}}
		case saga.KindCompensable:
			return []Schedule{{refused}, {lost, refused}}
		case saga.KindReadOnly, saga.KindRetriable, saga.KindAwait:
		}
	}
	return nil
}

// run runs one schedule and returns false when it went wrong or there have been runs enough.
func (e *explorer) run(s Schedule, given int) (_ step, ok bool) {
	if e.report.Runs == e.options.MaxRuns {
		return step{}, false
	}
	e.report.Runs++
	t := try(e.factory, s, given, false)
	if t.err == nil {
		t.err = t.script.idle()
	}
	if t.err != nil {
		e.report.Failing, e.report.Err = s, t.err
		return step{}, false
	}
	e.count(t, len(s)-given)
	return step{s, given, t}, true
}

func (e *explorer) count(t *trial, faults int) {
	r := &e.report
	switch faults {
	case 1:
		r.Singles++
	case 2:
		r.Pairs++
	}
	for i, f := range t.script.schedule {
		if t.script.fired[i] {
			r.Kinds[f.Kind]++
		}
	}
	if t.parked > 0 {
		r.Parked++
	}
	switch t.end.State() {
	case saga.StateCompleted:
		r.Completed++
	case saga.StateTerminated:
		r.Terminated++
	default:
		r.Failed++
	}
}
