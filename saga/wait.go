package saga

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"
)

// Ending is how a saga came to rest.
type Ending struct {
	Ref   Ref
	State State
	// Parked is set when the saga has not ended but waits for a person.
	Parked *Parked
	// Err is nil for a completed saga, a *FailedError for a failed one, a *ParkedError for one that is parked, and a
	// *TerminatedError for one that an operator has ended.
	Err error
	// Instance is the saga as it came to rest. It is shared with everyone who waits: do not change it.
	Instance *Instance
}

// FailedError says that a saga failed and that everything it had done was compensated.
type FailedError struct {
	Ref    Ref
	Step   string // the step that turned it round, "" when it was cancelled
	Reason string
	// Causes holds the reason and the last error of every compensation that did not succeed at once.
	Causes error
}

func (e *FailedError) Error() string { return fmt.Sprintf("saga %s failed: %s", e.Ref, e.Reason) }

// Unwrap returns Causes.
func (e *FailedError) Unwrap() error { return e.Causes }

// TerminatedError says that an operator has ended a saga as it stood.
type TerminatedError struct {
	Ref    Ref
	Actor  string
	Reason string
	// Undone names the steps whose effects stay, or may stay.
	Undone []string
}

func (e *TerminatedError) Error() string {
	text := fmt.Sprintf("saga %s was terminated by %s: %s", e.Ref, e.Actor, e.Reason)
	if len(e.Undone) > 0 {
		text += fmt.Sprintf("; not undone: %s", strings.Join(e.Undone, ", "))
	}
	return text
}

// ParkedError says that a saga waits for a person.
type ParkedError struct {
	Ref    Ref
	Parked Parked
}

func (e *ParkedError) Error() string {
	text := fmt.Sprintf("saga %s is parked at the %s of step %s after %d attempt(s): %s",
		e.Ref, e.Parked.Direction, e.Parked.Step, e.Parked.Attempts, e.Parked.Reason)
	if e.Parked.Error != "" {
		text += ": " + e.Parked.Error
	}
	return text + "; " + e.Parked.Remedy()
}

// ending returns how the saga came to rest; ok is false while it has not.
func (in *Instance) ending() (end Ending, ok bool) {
	end = Ending{Ref: in.ref, State: in.state, Instance: in}
	switch {
	case in.parked != nil:
		parked := *in.parked
		end.Parked, end.Err = &parked, &ParkedError{Ref: in.ref, Parked: parked}
	case in.state == StateTerminated:
		t := in.terminated
		end.Err = &TerminatedError{Ref: in.ref, Actor: t.Actor, Reason: t.Reason, Undone: t.Undone}
	case in.state == StateFailed:
		end.Err = &FailedError{Ref: in.ref, Step: in.failed, Reason: in.reason, Causes: in.causes()}
	case in.state != StateCompleted:
		return Ending{}, false
	}
	return end, true
}

func (in *Instance) causes() error {
	all := multierror.Append(nil, errors.New(in.reason))
	for i := range in.steps {
		if undo := in.steps[i].undo; undo != nil && undo.lastError != "" {
			all = multierror.Append(all, fmt.Errorf("compensation of step %s: %s", in.plan.Steps[i].Name, undo.lastError))
		}
	}
	return all.ErrorOrNil()
}

// Wait looks again after pollInterval at a saga that this orchestrator does not run, and after driveInterval at one that
// it runs, in case it has stopped running it.
const (
	pollInterval  = 200 * time.Millisecond
	driveInterval = 5 * time.Second
)

// Wait waits until the saga has ended or is parked, and tells how: what it tells was so at some moment of the call. A saga
// that is parked already is reported at once.
// For a saga that another process runs it looks into the store a few times a second. Errors: ErrNotFound, ErrSetAside,
// the error of ctx, and those of the store; how the saga ended is no error of Wait, see Ending.Err.
func (o *Orchestrator) Wait(ctx context.Context, name, id string) (Ending, error) {
	ref := Ref{Name: name, ID: id}
	if err := ref.Validate(); err != nil {
		return Ending{}, fmt.Errorf("wait: %w", err)
	}
	news := o.listen(ref)
	defer o.unlisten(ref, news)
	next := time.NewTimer(time.Hour)
	defer next.Stop()
	for parked := false; ; {
		if err := o.restored(ctx); err != nil {
			return Ending{}, fmt.Errorf("wait for saga %s: %w", ref, err)
		}
		next.Reset(driveInterval)
		if parked || !o.drives(ctx, ref) {
			next.Reset(pollInterval)
			inst, err := o.Load(ctx, name, id)
			if err != nil {
				return Ending{}, err
			}
			if end, rests := inst.ending(); rests {
				return end, nil
			}
		}
		select {
		case inst := <-news:
			end, rests := inst.ending()
			// An end is for ever. A parking that is announced now may have been ended by an operator before this call: then
			// it must not be told, and the store knows.
			if parked = end.Parked != nil; rests && !parked {
				return end, nil
			}
		case <-next.C:
			parked = false
		case <-ctx.Done():
			return Ending{}, fmt.Errorf("wait for saga %s: %w", ref, ctx.Err())
		}
	}
}

// restored waits while Run looks for the open sagas: until then it is not known which of them run here.
func (o *Orchestrator) restored(ctx context.Context) error {
	o.mu.Lock()
	restoring := o.restoring
	o.mu.Unlock()
	if restoring == nil {
		return nil
	}
	select {
	case <-restoring:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drives reports whether the saga is on its way in this orchestrator, so that its rest will be announced here.
func (o *Orchestrator) drives(ctx context.Context, ref Ref) bool {
	known := false
	looked := o.inspect(ctx, func(g *Engine) {
		e := g.sagas[ref]
		known = e != nil && e.inst.parked == nil && e.inst.state != StateNone
	})
	return looked && known
}

// inspect runs a function on the engine, between two inputs, and reports whether it did.
func (o *Orchestrator) inspect(ctx context.Context, look func(*Engine)) bool {
	s := o.session()
	if s == nil {
		return false
	}
	return s.inspect(ctx, look)
}

func (o *Orchestrator) listen(ref Ref) chan *Instance {
	news := make(chan *Instance, 1)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiters[ref] = append(o.waiters[ref], news)
	return news
}

func (o *Orchestrator) unlisten(ref Ref, news chan *Instance) {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept := o.waiters[ref][:0]
	for _, other := range o.waiters[ref] {
		if other != news {
			kept = append(kept, other)
		}
	}
	if o.waiters[ref] = kept; len(kept) == 0 {
		delete(o.waiters, ref)
	}
}

// settled tells everyone who waits for a saga that it has come to rest. A waiter that has news already gets the newest.
func (o *Orchestrator) settled(ref Ref, inst *Instance) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, news := range o.waiters[ref] {
		select {
		case <-news:
		default:
		}
		news <- inst
	}
}
