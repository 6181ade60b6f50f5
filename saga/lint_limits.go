package saga

import (
	"fmt"
	"math"
	"time"
)

// Lengths of time outside these are taken for a mistake in the unit.
const (
	shortestPlausible = time.Millisecond
	longestPlausible  = 30 * 24 * time.Hour
)

// limit is what an author has said about the attempts of one step in one direction, and what it comes down to.
type limit struct {
	place     int
	direction Direction
	given     AttemptOptions
	policy    Policy
}

// field names an option as the author has written it.
func (m limit) field(name string) string {
	if m.direction == Compensation {
		return "Compensation." + name
	}
	return name
}

func (l *linter) limits() {
	all := l.allLimits()
	for _, m := range all {
		l.units(m)
		l.total(m)
		l.single(m)
	}
	l.maximumIntervals(all)
	l.tooShort(whole, "Deadline", l.o.deadline)
	for i, step := range l.o.steps {
		l.tooShort(i, "Timeout", step.wait) // waits and deadlines may well be of months, so none is too long
	}
}

func (l *linter) tooShort(place int, field string, is time.Duration) {
	if is > 0 && is < shortestPlausible {
		l.find(place, LintTooShort, "give it a unit, as in 30*time.Second",
			"%s is %s, and a millisecond is the shortest that is kept", field, is)
	}
}

func (l *linter) allLimits() []limit {
	var all []limit
	for i, step := range l.o.steps {
		o, planned := step.options, &l.o.plan.Steps[i]
		all = append(all, limit{
			i, Action, AttemptOptions{Timeout: o.Timeout, TotalTimeout: o.TotalTimeout, Retry: o.Retry}, planned.Action,
		})
		if planned.Compensation != nil {
			all = append(all, limit{i, Compensation, o.Compensation, *planned.Compensation})
		}
	}
	return all
}

func (l *linter) units(m limit) {
	for _, length := range []struct {
		field string
		is    time.Duration
	}{
		{"Timeout", m.given.Timeout},
		{"TotalTimeout", m.given.TotalTimeout},
		{"Retry.InitialInterval", m.given.Retry.InitialInterval},
		{"Retry.MaximumInterval", m.given.Retry.MaximumInterval},
	} {
		l.tooShort(m.place, m.field(length.field), length.is)
		if length.is > longestPlausible {
			l.find(m.place, LintTooLong, "look at its unit; a step that waits for so long is better divided in two",
				"%s is %s, which is more than 30 days", m.field(length.field), length.is)
		}
	}
}

// total compares TotalTimeout with the time that all attempts and the longest delays between them take.
func (l *linter) total(m limit) {
	if m.policy.TotalTimeoutMS <= 0 {
		return
	}
	meanwhile, gap := "", time.Duration(0)
	if m.direction == Action {
		if gap = l.o.plan.kept(m.place); gap > 0 {
			meanwhile = ", while other branches have its place in the group,"
		}
	}
	need := m.policy.lasting(gap)
	if have := m.policy.TotalTimeout(); have < need {
		l.find(m.place, LintTotalTimeout,
			fmt.Sprintf("raise %s, or lower %s, %s or the delays",
				m.field("TotalTimeout"), m.field("Timeout"), m.field("Retry.MaximumAttempts")),
			"%s is %s, and %d attempt(s) of %s with their delays%s can take %s",
			m.field("TotalTimeout"), have, m.policy.MaximumAttempts, m.policy.Timeout(), meanwhile, need)
	}
}

// kept returns how long a branch that is to be retried can wait for a place in its group, because another one has begun in
// the place that it had: nothing where all branches have a place.
func (p *Plan) kept(branch int) (longest time.Duration) {
	from, to := p.stage(branch)
	need := 0
	for i := from; i < to; i++ {
		step := &p.Steps[i]
		if step.Await != nil { // a wait takes no place
			continue
		}
		if need++; i != branch && step.Child == nil {
			longest = max(longest, step.Action.once())
		}
	}
	if p.limit(branch) >= need {
		return 0
	}
	return longest
}

// delaysLookedAt is how many delays are added one by one. Any further ones are taken for as long as the last of these,
// which they are at least.
const delaysLookedAt = 1_000

// longest returns the time that all attempts and the longest delays between them take; where that does not fit, the
// longest time there is.
func (p Policy) longest() time.Duration { return p.lasting(0) }

// lasting is longest where no delay is shorter than that.
func (p Policy) lasting(shortest time.Duration) time.Duration {
	retry, attempts := p.Retry(), max(p.MaximumAttempts, 1)
	sum, last := float64(p.Timeout())*float64(attempts), time.Duration(0)
	exact := p.Timeout() * time.Duration(attempts)
	for failed := 1; failed < attempts && failed <= delaysLookedAt; failed++ {
		last = max(retry.Interval(failed), shortest)
		sum, exact = sum+float64(last), exact+last
	}
	if rest := attempts - 1 - delaysLookedAt; rest > 0 {
		sum, exact = sum+float64(last)*float64(rest), exact+last*time.Duration(rest)
	}
	if sum >= math.MaxInt64/2 { // exact has run over, or is not far from it
		return math.MaxInt64
	}
	return exact
}

// single is about attempts after which nothing but a person helps.
func (l *linter) single(m limit) {
	kind := l.o.plan.Steps[m.place].Kind
	needed := m.direction == Compensation || kind == KindRetriable || kind == KindPivot
	if !needed || m.policy.MaximumAttempts != 1 {
		return
	}
	what := "the action of a " + kind.String() + " step"
	if m.direction == Compensation {
		what = "a compensation"
	}
	l.find(m.place, LintSingleAttempt,
		"allow more attempts: they come with one idempotency key, so a repeat does no harm",
		"%s is 1, so one passing error of %s is enough to park the saga", m.field("Retry.MaximumAttempts"), what)
}

// maximumIntervals looks at each policy in all the places where it stands, since one is often written for several.
func (l *linter) maximumIntervals(all []limit) {
	reached := map[RetryPolicy]bool{}
	for _, m := range all {
		if m.policy.MaximumAttempts > 1 &&
			m.policy.Retry().Interval(m.policy.MaximumAttempts-1) >= m.policy.Retry().MaximumInterval {
			reached[m.given.Retry] = true
		}
	}
	for _, m := range all {
		given := m.given.Retry
		if given.MaximumInterval == 0 || reached[given] {
			continue
		}
		reached[given] = true // told once
		l.find(m.place, LintMaximumInterval, "leave it out, lower it, or allow more attempts",
			"%s is %s, and the longest delay between %d attempt(s) is %s",
			m.field("Retry.MaximumInterval"), given.MaximumInterval, m.policy.MaximumAttempts, m.policy.longestDelay())
	}
}

func (p Policy) longestDelay() time.Duration {
	if p.MaximumAttempts < 2 {
		return 0
	}
	return p.Retry().Interval(p.MaximumAttempts - 1)
}
