package modelcheck

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/skaldgo/skald/saga"
)

// MaxSteps is the longest saga that can be explored.
const MaxSteps = 3

// Shape is one kind of saga, and what may happen to it.
type Shape struct {
	// Steps has one letter for each step, in order: C for compensable, F for compensable also after a refusal
	// (CompensateOnFailure), O for read-only, P for the pivot, R for retriable.
	Steps string
	// Attempts is the MaximumAttempts of the actions; Undos that of the compensations. 0 means 1.
	Attempts, Undos int
	// Total limits all attempts of an action together to hardly more than one of them takes.
	Total bool
	// Crashes is how often each orchestrator may crash. An operator redrives a parked saga Redrives times.
	Crashes, Redrives int
	// Impatient orchestrators may park the saga for an attempt that does not return, or for a missing function, whenever
	// the saga allows it.
	Impatient bool
	// Snapshots keeps what an orchestrator has in hand when the log has moved on, and lets it decide on that until it is
	// refused. Without it such an orchestrator only reads the log, which is all that can come of it.
	Snapshots bool
}

// The lengths of time of every shape. The clock moves from one due instant to the next, so only their order matters.
const (
	timeout = 4 * time.Second
	delay   = time.Second
	total   = 6 * time.Second
)

func (s Shape) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, attempts %d/%d", s.Steps, max(s.Attempts, 1), max(s.Undos, 1))
	if s.Total {
		b.WriteString(", limited in total")
	}
	fmt.Fprintf(&b, ", crashes %d, redrives %d", s.Crashes, s.Redrives)
	if s.Impatient {
		b.WriteString(", impatient")
	}
	if s.Snapshots {
		b.WriteString(", snapshots")
	}
	return b.String()
}

type nothing struct{}

// definition returns the shape as a user would write it. Its functions never run: the model has participants of its own.
func (s Shape) definition() saga.Definition[nothing] {
	do := func(context.Context, saga.Call[nothing]) (string, error) { return "", nil }
	undo := func(context.Context, saga.Call[nothing], *string) error { return nil }
	def := saga.Definition[nothing]{Name: "Model", Version: 1}
	for i, kind := range s.Steps {
		name := stepName(i)
		o := saga.StepOptions{Timeout: timeout, Retry: retry(s.Attempts), CompensateOnFailure: kind == 'F'}
		if kind == 'C' || kind == 'F' {
			o.Compensation = saga.AttemptOptions{Timeout: timeout, Retry: retry(s.Undos)}
		}
		if s.Total {
			o.TotalTimeout = total
		}
		var step saga.Step[nothing]
		switch kind {
		case 'C', 'F':
			step = saga.Compensable(name, do, undo, o)
		case 'O':
			step = saga.ReadOnly(name, do, o)
		case 'P':
			step = saga.Pivot(name, do, o)
		case 'R':
			step = saga.Retriable(name, do, o)
		}
		def.Steps = append(def.Steps, step)
	}
	return def
}

func retry(attempts int) saga.RetryPolicy {
	return saga.RetryPolicy{
		InitialInterval: delay, MaximumInterval: delay, BackoffCoefficient: 1, MaximumAttempts: max(attempts, 1),
	}
}

func stepName(i int) string { return string(rune('a' + i)) }

// stepIndex is the place of a step by its name, or -1.
func stepIndex(name string) int {
	if len(name) != 1 || name[0] < 'a' || name[0] >= 'a'+MaxSteps {
		return -1
	}
	return int(name[0] - 'a')
}

// kind is the kind of step i.
func (s Shape) kind(i int) saga.Kind {
	switch s.Steps[i] {
	case 'O':
		return saga.KindReadOnly
	case 'P':
		return saga.KindPivot
	case 'R':
		return saga.KindRetriable
	}
	return saga.KindCompensable
}

// noReturn is the place of the point of no return, or -1.
func (s Shape) noReturn() int { return strings.IndexAny(s.Steps, "PR") }
