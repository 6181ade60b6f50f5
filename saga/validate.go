package saga

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrInvalidDefinition: a definition has faults. See DefinitionError.
var ErrInvalidDefinition = errors.New("invalid saga definition")

// ErrInvalidData: the data of a start cannot be encoded, is over MaxPayloadBytes or does not fit the definition.
var ErrInvalidData = errors.New("invalid saga data")

// DefinitionError lists every fault of a definition.
type DefinitionError struct {
	Name   string
	Faults []string
}

func (e *DefinitionError) Error() string {
	return fmt.Sprintf("saga definition %q has %d fault(s): %s", e.Name, len(e.Faults), strings.Join(e.Faults, "; "))
}

// Is makes errors.Is(err, ErrInvalidDefinition) true.
func (e *DefinitionError) Is(target error) bool { return target == ErrInvalidDefinition }

// Validate reports every fault of the definition at once, as a *DefinitionError, or nil.
func (d Definition[D]) Validate() error {
	f := faults{}
	if err := validateName("name", d.Name); err != nil {
		f.add("%v", err)
	}
	if d.Version < 1 {
		f.add("version is %d, it must be 1 or more", d.Version)
	}
	if len(d.Steps) == 0 {
		f.add("it has no steps")
	}
	if d.Deadline < 0 {
		f.add("Deadline is %s, it must not be negative", d.Deadline)
	}
	flat := d.flat()
	d.validateNames(&f, flat)
	for _, step := range flat {
		switch {
		case step.group(): // one within another is told of below
		case step.await != nil:
			step.validateAwait(&f)
		case step.child != nil:
			step.validateChild(&f)
			step.validate(&f)
		default:
			step.validate(&f)
		}
		step.validateProbe(&f)
	}
	d.validateGroups(&f)
	validateOrder(&f, flat)
	if len(f) == 0 {
		d.validateSize(&f)
	}
	if len(f) > 0 {
		return &DefinitionError{Name: d.Name, Faults: f}
	}
	return nil
}

// validateSize checks that the first event of a saga can be stored.
func (d Definition[D]) validateSize(f *faults) {
	plan, err := json.Marshal(d.Plan())
	if err != nil {
		f.add("its plan cannot be encoded: %v", err)
	} else if len(plan) > MaxPlanBytes {
		f.add("its plan of %d steps has %d bytes, the limit is %d: let it start other sagas",
			len(d.flat()), len(plan), MaxPlanBytes)
	}
}

// validateOrder checks what each step's place allows it to be.
func validateOrder[D any](f *faults, flat []Step[D]) {
	pivots, noReturn := 0, (*Step[D])(nil) // not its name, which may be missing
	for i := range flat {
		step := &flat[i]
		if noReturn != nil && (step.kind == KindCompensable || step.child != nil && step.undoes()) {
			f.add("step %q is compensable but comes after %q, the point of no return; make it retriable",
				step.name, noReturn.name)
		}
		switch step.kind {
		case KindPivot:
			pivots++
			if pivots > 1 {
				f.add("step %q is a second pivot; there is one point of no return", step.name)
			} else if noReturn != nil {
				f.add("pivot %q comes after the retriable step %q, which already is the point of no return",
					step.name, noReturn.name)
			}
			noReturn = step
		case KindRetriable:
			if noReturn == nil {
				noReturn = step
			}
		case KindCompensable, KindReadOnly, KindAwait, KindChild:
		}
	}
}

func (s Step[D]) validate(f *faults) {
	if s.do == nil {
		f.add("step %q has no function", s.name)
	}
	if s.kind == KindCompensable && s.undo == nil {
		f.add("step %q has no compensation; give it one, or declare it ReadOnly, Pivot or Retriable", s.name)
	}
	if s.kind != KindCompensable && s.options.CompensateOnFailure {
		f.add("step %q: CompensateOnFailure needs a compensation", s.name)
	}
	if s.kind != KindCompensable && !s.undoes() && s.options.Compensation != (AttemptOptions{}) {
		f.add("step %q has options for a compensation but no compensation", s.name)
	}
	o := s.options
	AttemptOptions{Timeout: o.Timeout, TotalTimeout: o.TotalTimeout, Retry: o.Retry}.validate(f, s.name, "")
	o.Compensation.validate(f, s.name, "Compensation.")
}

func (o AttemptOptions) validate(f *faults, step, prefix string) {
	nonNegative := func(field string, d time.Duration) {
		if d < 0 {
			f.add("step %q: %s%s is %s, it must not be negative", step, prefix, field, d)
		}
	}
	nonNegative("Timeout", o.Timeout)
	nonNegative("TotalTimeout", o.TotalTimeout)
	nonNegative("Retry.InitialInterval", o.Retry.InitialInterval)
	nonNegative("Retry.MaximumInterval", o.Retry.MaximumInterval)
	if c := o.Retry.BackoffCoefficient; c != 0 && !(c >= 1 && c <= 1000) {
		f.add("step %q: %sRetry.BackoffCoefficient is %v, it must be between 1 and 1000", step, prefix, c)
	}
	if o.Retry.MaximumAttempts < 0 {
		f.add("step %q: %sRetry.MaximumAttempts is %d, it must not be negative", step, prefix, o.Retry.MaximumAttempts)
	}
	if o.Retry.MaximumInterval > 0 && o.Retry.InitialInterval > o.Retry.MaximumInterval {
		f.add("step %q: %sRetry.InitialInterval %s is longer than MaximumInterval %s",
			step, prefix, o.Retry.InitialInterval, o.Retry.MaximumInterval)
	}
}

type faults []string

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }
