package saga

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
)

// WithProbe gives a step a probe: a question to the participant whether an earlier attempt of the action, whose outcome is
// unknown, has succeeded. found with a nil error means that it has, with that result; the step is completed. Otherwise
// nothing is certain: a request that is still under way may have its effect later.
//
// An attempt that follows an unknown outcome asks first, and runs the action only when nothing was found; an error of the
// probe, or a panic, is a transient failure of the attempt, and the action does not run. Before a step whose outcome is
// unknown is given up, because its attempts are used up or the saga is to be undone, one more attempt is made that asks and
// does nothing else: when it finds nothing, the step is compensated, or parked, as without a probe.
//
// The probe gets the Call of the attempt, with the idempotency key of the action. The Timeout of the step limits probe and
// action together. It may be asked more than once. For steps with an effect only; R must be the result type of the step.
// Sagas go on by the plan that they were started with: one that knows of no probe does not ask.
func WithProbe[D, R any](step Step[D], probe func(context.Context, Call[D]) (result R, found bool, err error)) Step[D] {
	step.probe = &probeOf{ask: eraseProbe(probe), result: reflect.TypeFor[R]()}
	return step
}

// ProbeUse is what an attempt of an action, or the schedule of one, has to do with the probe of its step.
type ProbeUse uint8

const (
	// NoProbe: the attempt runs the action.
	NoProbe ProbeUse = iota
	// ProbeFirst: the attempt asks the probe, and runs the action when that finds nothing.
	ProbeFirst
	// ProbeOnly: the attempt asks the probe, and does nothing else.
	ProbeOnly
)

var probeUseNames = [...]string{"none", "first", "only"}

func (u ProbeUse) String() string { return nameOf(probeUseNames[:], u) }

// MarshalText returns the lower-case name.
func (u ProbeUse) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads a lower-case name.
func (u *ProbeUse) UnmarshalText(text []byte) error {
	return parseName(u, "use of a probe", probeUseNames[:], text)
}

// probeOf is the probe of a step.
type probeOf struct {
	ask    probe
	result reflect.Type
}

// probe is the user's function with its types erased.
type probe func(context.Context, rawCall) (result json.RawMessage, found bool, err error)

func eraseProbe[D, R any](ask func(context.Context, Call[D]) (R, bool, error)) probe {
	if ask == nil {
		return nil
	}
	return func(ctx context.Context, raw rawCall) (json.RawMessage, bool, error) {
		call, err := typedCall[D](raw)
		if err != nil {
			return nil, false, err
		}
		result, found, err := ask(ctx, call)
		if err != nil || !found {
			return nil, false, err
		}
		encoded, err := encodeResult(raw, result)
		return encoded, err == nil, err
	}
}

// nothingFound is the error of an attempt that has asked and done nothing else.
const nothingFound = "the probe has found nothing"

// performWithProbe asks before it acts.
func (a RunAttempt) performWithProbe(ctx context.Context) Outcome {
	result, found, err := a.def.probes[a.Step](ctx, a.call)
	switch {
	case err != nil: // also one marked as permanent: of what earlier attempts did it says nothing
		return Outcome{Kind: FailedTransiently, Error: clip(fmt.Sprintf("probe: %v", err), maxErrorBytes)}
	case found:
		return Outcome{Kind: Succeeded, Result: result}
	case a.Probe == ProbeOnly:
		return Outcome{Kind: FailedTransiently, Error: nothingFound}
	}
	result, err = a.def.do[a.Step](ctx, a.call)
	return outcomeOf(Action, result, err)
}

// validateProbe checks that the step can have the probe that it has.
func (s Step[D]) validateProbe(f *faults) {
	switch {
	case s.probe == nil:
	case s.group():
		f.add("group %q has a probe; give its branches theirs", s.name)
	case s.kind == KindReadOnly || s.kind == KindAwait || s.kind == KindChild:
		f.add("step %q is %s and has a probe; it has no effect of its own that could be asked for", s.name, s.kind)
	case s.probe.ask == nil:
		f.add("step %q has a probe without a function", s.name)
	case s.origin.result != s.probe.result:
		f.add("the probe of step %q gives %s, the step %s; they must give the same", s.name, s.probe.result, s.origin.result)
	}
}
