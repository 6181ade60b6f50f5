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
	// MaxRuns ends the exploration after so many runs, and says so. Default 100,000.
	MaxRuns int
}

// Report is what an exploration has done.
type Report struct {
	Runs      int
	Completed int // runs whose saga completed
	Failed    int // runs whose saga was compensated
	Parked    int // runs whose saga was parked, and redriven by an operator
	Points    int // points of the run without a failure
	Complete  bool
	// Failing is the shortest schedule that went wrong, and Err what did; Err is nil when none did.
	Failing Schedule
	Err     error
}

// Explore runs the saga of the factory once without a failure, then once for every failure at every point, then once for
// every two of them, each time from the beginning: every kind of failure at every attempt of every action and
// compensation, and a crash before and after every append. So that compensations are met with pairs as well, it does all
// of it again for the saga that is turned round by the refusal of its last compensable step or pivot.
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
	e.explore()
	r := e.report
	t.Logf("sagatest: %d runs: %d completed, %d failed and compensated, %d were parked and redriven",
		r.Runs, r.Completed, r.Failed, r.Parked)
	switch {
	case r.Err != nil:
		failing := try(e.factory, r.Failing, true)
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
	trial := try(subjects(factory), schedule, true)
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
}

// explore goes through the schedules, short ones first. It stops at the first that goes wrong.
func (e *explorer) explore() {
	base := e.run(nil)
	if base == nil {
		return
	}
	e.report.Points = len(base.script.points)
	singles := e.further(nil, base)
	turned := e.turning(base)
	if turned == nil {
		e.report.Complete = singles != nil && (e.options.SinglesOnly || e.pairs(singles))
		return
	}
	if singles == nil {
		return
	}
	after := e.further(turned, e.run(turned))
	if after == nil || !e.options.SinglesOnly && !(e.pairs(singles) && e.pairs(after)) {
		return
	}
	e.report.Complete = true
}

// step is a schedule that went well, and its run.
type step struct {
	schedule Schedule
	trial    *trial
}

// further runs every schedule that has one fault more, at a point behind those that it has. It returns nil when one goes
// wrong or there have been runs enough.
func (e *explorer) further(s Schedule, t *trial) []step {
	if t == nil {
		return nil
	}
	steps := []step{}
	for _, p := range t.script.points[t.script.last:] {
		if slices.ContainsFunc(s, func(f Fault) bool { return !f.Always && samePoint(f, p) }) {
			continue
		}
		for _, f := range faultsAt(p) {
			next := append(slices.Clone(s), f)
			trial := e.run(next)
			if trial == nil {
				return nil
			}
			steps = append(steps, step{next, trial})
		}
	}
	return steps
}

func samePoint(a, b Fault) bool {
	return a.Append == b.Append && a.Step == b.Step && a.Direction == b.Direction && a.Attempt == b.Attempt
}

func (e *explorer) pairs(singles []step) bool {
	for _, s := range singles {
		if e.further(s.schedule, s.trial) == nil {
			return false
		}
	}
	return true
}

// turning returns the schedule that turns the saga round as late as can be; nil when nothing can.
func (e *explorer) turning(base *trial) Schedule {
	if base.end.State() == saga.StateFailed {
		return nil // it is turned round already
	}
	steps := base.end.Plan().Steps
	for i := len(steps) - 1; i >= 0; i-- {
		if k := steps[i].Kind; k == saga.KindPivot || k == saga.KindCompensable {
			return Schedule{{Kind: PermanentError, Step: steps[i].Name, Attempt: 1}}
		}
	}
	return nil
}

// run runs one schedule and returns nil when it went wrong or there have been runs enough.
func (e *explorer) run(s Schedule) *trial {
	if e.report.Runs == e.options.MaxRuns {
		return nil
	}
	e.report.Runs++
	t := try(e.factory, s, false)
	if t.err == nil {
		t.err = t.script.idle()
	}
	if t.err != nil {
		e.report.Failing, e.report.Err = s, t.err
		return nil
	}
	if t.parked > 0 {
		e.report.Parked++
	}
	if t.end.State() == saga.StateCompleted {
		e.report.Completed++
	} else {
		e.report.Failed++
	}
	return t
}
