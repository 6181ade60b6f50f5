package saga

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// LintRule names what a finding is about; it never changes, so that a program can leave a rule out.
type LintRule string

// The rules of Lint.
const (
	// LintInvalid: Validate refuses the definition. It is the only finding of such a definition; it holds every fault.
	LintInvalid LintRule = "invalid"
	// LintTotalTimeout: TotalTimeout ends before the attempts and delays that the retry policy allows.
	LintTotalTimeout LintRule = "total-timeout"
	// LintMaximumInterval: a MaximumInterval was given, and no delay of the policy ever comes to it.
	LintMaximumInterval LintRule = "maximum-interval"
	// LintTooShort: a length of time under a millisecond, which is the smallest that is kept.
	LintTooShort LintRule = "too-short"
	// LintTooLong: a length of time of more than 30 days.
	LintTooLong LintRule = "too-long"
	// LintSingleAttempt: one attempt is all there is before a person is needed.
	LintSingleAttempt LintRule = "single-attempt"
	// LintPivotLast: no retriable step follows the pivot.
	LintPivotLast LintRule = "pivot-last"
	// LintLateRead: a read-only step stands after the point of no return.
	LintLateRead LintRule = "late-read"
	// LintUnreachable: no step can ask for a result, and no compensation is given it.
	LintUnreachable LintRule = "unreachable"
	// LintUnreadable: the log cannot give a result, or the data, back as it was.
	LintUnreadable LintRule = "unreadable"
	// LintSameAction: two steps have one function as their action.
	LintSameAction LintRule = "same-action"
	// LintSameCompensation: two steps have one function as their compensation.
	LintSameCompensation LintRule = "same-compensation"
	// LintGroupLimit: the Limit of a group does not limit it.
	LintGroupLimit LintRule = "group-limit"
	// LintLateWait: a wait after the point of no return can lapse, and has no default.
	LintLateWait LintRule = "late-wait"
	// LintDeadline: the saga's Deadline can pass before one attempt of each step has timed out.
	LintDeadline LintRule = "deadline"
	// LintSimilarNames: two names differ in nothing but upper and lower case.
	LintSimilarNames LintRule = "similar-names"
	// LintLateChild: a step that starts a saga stands after the point of no return.
	LintLateChild LintRule = "late-child"
	// LintSlowUndo: to compensate a step, or all of them, can take longer than the saga as a whole may.
	LintSlowUndo LintRule = "slow-undo"
	// LintSlowWait: a wait can last as long as the saga as a whole may, so that it never lapses.
	LintSlowWait LintRule = "slow-wait"
	// LintStartsItself: a step leads, through the sagas that it starts, to a saga of its own definition.
	LintStartsItself LintRule = "starts-itself"
)

// Finding is something about a definition that is allowed and probably not meant.
type Finding struct {
	Rule       LintRule `json:"rule"`
	Definition string   `json:"definition"`
	// Step is "" when the finding is about the definition as a whole.
	Step string `json:"step,omitempty"`
	// What says in a sentence what was found, Remedy what to do about it.
	What   string `json:"what"`
	Remedy string `json:"remedy"`

	version, place int
}

// String tells the finding on one line.
func (f Finding) String() string {
	where := f.Definition
	if f.Step != "" {
		where += ", step " + f.Step
	}
	return fmt.Sprintf("%s: %s (%s): %s", where, f.What, f.Rule, f.Remedy)
}

// Lint looks for what [Definition.Validate] lets pass and what probably is not meant, in any number of definitions: hand
// it all that a program registers, in a test. A finding is advice; what is meant all the same can be left out by its Rule.
//
// The findings are sorted by name and version of the definition, then by step, with those about the whole definition
// first; nil means that there are none. Lint calls no function of a definition and depends on nothing but its arguments:
// the same definitions give the same findings, in whatever order they come.
//
// What a definition does not show is not looked for:
//
//   - Whether a step is expensive to undo, and therefore stands too early.
//   - Which results later steps ask for, and as what type: that stands in their functions. LintUnreachable is about results
//     that no step can ask for, LintUnreadable about types that nothing can decode. Types that encode themselves are trusted.
//   - Whether two functions are the same when they are methods of a value, function literals or instances of a generic
//     function: what they are bound to may differ. The two rules for that are about functions with a name of their own.
//   - Whether a compensation does anything, and whether a step that is declared ReadOnly has no effect.
//
// A step without a compensation that is neither read-only nor retriable nor the pivot is no finding, since Validate
// refuses it.
func Lint(definitions ...AnyDefinition) []Finding {
	l := &linter{}
	var outlines, valid []*outline
	for _, definition := range definitions {
		if definition == nil {
			l.o = &outline{name: "-"}
			l.find(whole, LintInvalid, "pass a Definition in its place", "it is nil")
			continue
		}
		l.o = definition.outline()
		outlines = append(outlines, l.o)
		if err := definition.Validate(); err != nil {
			l.invalid(err)
			continue
		}
		valid = append(valid, l.o)
		l.limits()
		l.order()
		l.language()
		l.types()
		l.functions()
		l.stepNames()
	}
	l.definitionNames(outlines)
	byName := latest(valid)
	for _, o := range valid {
		l.o = o
		l.children(byName)
		l.times(byName)
		l.results(valid)
	}
	slices.SortFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(
			strings.Compare(a.Definition, b.Definition), a.version-b.version, a.place-b.place,
			strings.Compare(string(a.Rule), string(b.Rule)), strings.Compare(a.What, b.What),
			strings.Compare(a.Remedy, b.Remedy),
		)
	})
	return l.findings
}

// linter collects findings about one definition after the other.
type linter struct {
	o        *outline
	findings []Finding
}

// whole is the place of a finding that is about no single step.
const whole = -1

func (l *linter) find(place int, rule LintRule, remedy, format string, args ...any) {
	f := Finding{
		Rule: rule, Definition: l.o.name, What: fmt.Sprintf(format, args...), Remedy: remedy,
		version: l.o.version, place: place,
	}
	if place != whole {
		f.Step = l.o.plan.Steps[place].Name
	}
	l.findings = append(l.findings, f)
}

func (l *linter) invalid(err error) {
	what := err.Error()
	if faults, is := errors.AsType[*DefinitionError](err); is {
		what = strings.Join(faults.Faults, "; ")
	}
	l.find(whole, LintInvalid, "an orchestrator refuses the definition: correct every fault", "%s", what)
}
