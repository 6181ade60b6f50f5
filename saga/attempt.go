package saga

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// Limits of what an event keeps of an error, in bytes.
const (
	maxErrorBytes = 4 << 10
	maxStackBytes = 8 << 10
)

// Perform runs the function of the attempt and reports, once and on the calling goroutine, how it ended. It is for shells
// of an Engine. Whatever the function does, panic and runtime.Goexit included, is an outcome of this attempt; a Goexit
// still ends the goroutine, after the report.
func (a RunAttempt) Perform(ctx context.Context, report func(Outcome)) {
	outcome := Outcome{Kind: FailedTransiently, Error: "the function ended its goroutine (runtime.Goexit)"}
	defer func() { report(outcome) }()
	defer func() {
		if p := recover(); p != nil {
			outcome = Outcome{
				Kind: FailedTransiently, Error: clip(fmt.Sprintf("panic: %v", p), maxErrorBytes),
				Stack: clip(string(debug.Stack()), maxStackBytes),
			}
		}
	}()
	if a.Probe != NoProbe {
		outcome = a.performWithProbe(ctx)
		return
	}
	result, err := a.invoke(ctx)
	outcome = outcomeOf(a.Direction, result, err)
}

func (a RunAttempt) invoke(ctx context.Context) ([]byte, error) {
	if a.Direction == Compensation {
		if data := a.def.undoData[a.Step]; data != nil {
			return data(ctx, a.call)
		}
		return nil, a.def.undo[a.Step](ctx, a.call, a.result)
	}
	return a.def.do[a.Step](ctx, a.call)
}

func outcomeOf(d Direction, result []byte, err error) Outcome {
	switch {
	case err == nil:
		return Outcome{Kind: Succeeded, Result: result}
	case d == Compensation && errors.Is(err, ErrNothingToCompensate):
		return Outcome{Kind: SucceededWithNothing}
	case IsPermanent(err):
		return Outcome{Kind: FailedPermanently, Error: clip(err.Error(), maxErrorBytes)}
	}
	return Outcome{Kind: FailedTransiently, Error: clip(err.Error(), maxErrorBytes)}
}

func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return s[:limit] + "…"
}
