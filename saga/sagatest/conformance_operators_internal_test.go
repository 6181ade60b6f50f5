package sagatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// word is the command of an operator about a saga that they have looked at.
type word func(seen *saga.Instance, now time.Time) saga.Command

// speak is an operator in a program of their own.
func (g *goShell) speak(a act) {
	o, err := saga.New(saga.Config{Store: newLife(g, -1), Definitions: g.actors.definitions(1)})
	require.NoError(g.t, err)
	now := time.Now()
	seen, err := o.Load(g.ctx, a.ref().Name, a.ref().ID)
	require.NoError(g.t, err)
	command := a.word(seen, now)
	if c, is := command.(saga.MigrateSaga); is {
		err = g.migrate(a.ref(), c)
	} else {
		err = ordered(g.ctx, o, a.ref(), command)
	}
	g.actors.heard(toOperator(a, command, err))
}

// ordered gives a command as programs do.
func ordered(ctx context.Context, o *saga.Orchestrator, ref saga.Ref, command saga.Command) error {
	switch c := command.(type) {
	case saga.Resolve:
		return o.Resolve(ctx, ref.Name, ref.ID, saga.Resolution(c))
	case saga.Skip:
		pass := o.Skip
		return pass(ctx, ref.Name, ref.ID, c.Step, c.Actor, c.Reason, c.SeenRevision)
	case saga.Extend:
		return o.Extend(ctx, ref.Name, ref.ID, c.Actor, c.Reason, c.SeenRevision, c.Deadline)
	case saga.ChangeRetryPolicy:
		return o.ChangeRetryPolicy(ctx, ref.Name, ref.ID, c.Actor, c.Reason, c.SeenRevision, c.Step, c.Direction, c.Retry)
	}
	return fmt.Errorf("a scene has no way to give a %T", command)
}

// speak is an operator.
func (h *heapShell) speak(a act) {
	var command saga.Command
	now := h.now
	h.consider(h.byRef[a.ref()], 0, func(seen *saga.Instance) saga.Command {
		command = a.word(seen, now)
		return command
	}, func(err error) { h.actors.heard(toOperator(a, command, err)) })
}

// toOperator tells what an operator was told.
func toOperator(a act, command saga.Command, err error) string {
	what := fmt.Sprintf("%s: the operator's %T", a.ref(), command)
	if err == nil {
		return what + " is done"
	}
	for _, known := range []error{
		saga.ErrStale, saga.ErrEnded, saga.ErrNotParked, saga.ErrParkedElsewhere, saga.ErrAttemptOpen, saga.ErrOutcomeKnown,
		saga.ErrInvalidResolution, saga.ErrNotSkippable, saga.ErrTooLate, saga.ErrInvalidDeadline, saga.ErrInvalidPolicy,
		saga.ErrNotRetried, saga.ErrNoActor, saga.ErrCannotMigrate,
	} {
		if errors.Is(err, known) {
			return what + " is refused: " + known.Error()
		}
	}
	return what + " fails: " + err.Error()
}

func resolve(step string, d saga.Direction, change ...func(*saga.Resolve)) word {
	return func(seen *saga.Instance, _ time.Time) saga.Command {
		c := saga.Resolve{
			Step: step, Direction: d, Actor: "operator", Reason: "they said so on the telephone", SeenRevision: seen.Revision(),
		}
		if d == saga.Compensation {
			c.Evidence = "their receipt 7"
		} else {
			c.Result = json.RawMessage(`"by telephone"`)
		}
		for _, one := range change {
			one(&c)
		}
		return c
	}
}

func skip(step string, change ...func(*saga.Skip)) word {
	return func(seen *saga.Instance, _ time.Time) saga.Command {
		c := saga.Skip{Step: step, Actor: "operator", Reason: "it can be done without", SeenRevision: seen.Revision()}
		for _, one := range change {
			one(&c)
		}
		return c
	}
}

func extend(by time.Duration, change ...func(*saga.Extend)) word {
	return func(_ *saga.Instance, now time.Time) saga.Command {
		c := saga.Extend{Now: now, Deadline: now.Add(by), Actor: "operator", Reason: "it takes longer", SeenRevision: saga.NotSeen}
		for _, one := range change {
			one(&c)
		}
		return c
	}
}

func policy(step string, d saga.Direction, p saga.RetryPolicy, change ...func(*saga.ChangeRetryPolicy)) word {
	return func(_ *saga.Instance, _ time.Time) saga.Command {
		c := saga.ChangeRetryPolicy{
			Step: step, Direction: d, Retry: p, Actor: "operator", Reason: "they have an outage", SeenRevision: saga.NotSeen,
		}
		for _, one := range change {
			one(&c)
		}
		return c
	}
}

// spoken is the start of a saga, and words of operators after it.
func spoken(more ...act) []act {
	return append([]act{{at: 10 * time.Millisecond, do: starts}}, more...)
}

func said(at time.Duration, what word) act { return act{at: at, do: speaks, word: what} }
