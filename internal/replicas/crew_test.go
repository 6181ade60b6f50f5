//go:build unix

package replicas_test

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"time"

	"github.com/skaldgo/skald/saga"
)

// crew are the participants as one process calls them. What goes wrong with an attempt follows from the seed, the saga, the
// step and the number of the attempt alone, whichever process makes it.
type crew struct {
	books *books
	seed  uint64
}

// errors of attempts.
var (
	errHiccup  = errors.New("nothing was done")
	errLost    = errors.New("the answer was lost")
	errRefused = errors.New("refused")
	errRevoked = errors.New("its undo has come before it")
)

const (
	stepTimeout = 4 * time.Second
	// lastHiccup is the last attempt that anything goes wrong with by itself, so that no saga uses up its retries by that.
	lastHiccup = 2
	// patientAttempts is for what must succeed in the end, whatever else is done to the processes and the server.
	patientAttempts = 20
)

type cargo struct {
	N int `json:"n"`
}

type receipt struct {
	Key string `json:"key"`
}

const (
	orders  = "Order"  // every step can be undone
	tickets = "Ticket" // with a point of no return
)

func steps() map[string]int { return map[string]int{orders: 4, tickets: 3} }

func (c *crew) definitions() []saga.AnyDefinition {
	retry := saga.RetryPolicy{InitialInterval: 50 * time.Millisecond, MaximumInterval: 500 * time.Millisecond}
	patient := retry
	patient.MaximumAttempts = patientAttempts
	options := saga.StepOptions{
		Timeout: stepTimeout, Retry: retry, Compensation: saga.AttemptOptions{Timeout: stepTimeout, Retry: patient},
	}
	forwards := saga.StepOptions{Timeout: stepTimeout, Retry: patient}
	return []saga.AnyDefinition{
		saga.Definition[cargo]{Name: orders, Version: 1, Steps: []saga.Step[cargo]{
			saga.Compensable("reserve", c.do, c.undo, options),
			saga.Compensable("pay", c.do, c.undo, options),
			saga.Compensable("ship", c.do, c.undo, options),
			saga.Compensable("confirm", c.do, c.undo, options),
		}},
		saga.Definition[cargo]{Name: tickets, Version: 1, Steps: []saga.Step[cargo]{
			saga.Compensable("hold", c.do, c.undo, options),
			saga.Pivot("charge", c.do, forwards),
			saga.Retriable("issue", c.do, forwards),
		}},
	}
}

func (c *crew) do(ctx context.Context, call saga.Call[cargo]) (receipt, error) {
	err := c.perform(ctx, call, saga.Action, func(ctx context.Context, r request) error {
		kind, err := c.books.act(ctx, r)
		if err == nil && kind == kindRevoked {
			err = saga.Permanent(errRevoked)
		}
		return err
	})
	return receipt{Key: call.IdempotencyKey}, err
}

func (c *crew) undo(ctx context.Context, call saga.Call[cargo], _ *receipt) error {
	return c.perform(ctx, call, saga.Compensation, func(ctx context.Context, r request) error {
		kind, err := c.books.undo(ctx, r)
		if err == nil && kind == kindNothing {
			err = saga.ErrNothingToCompensate
		}
		return err
	})
}

// perform makes one attempt, which takes its time before or after its effect, and goes wrong now and then.
func (c *crew) perform(ctx context.Context, call saga.Call[cargo], d saga.Direction, effect func(context.Context, request) error) error {
	luck := c.luck(call, d)
	before, after := 2*time.Millisecond, time.Duration(0)
	if luck.IntN(2) == 0 {
		before = time.Duration(luck.IntN(400)) * time.Millisecond
		after = time.Duration(luck.IntN(400)) * time.Millisecond
	}
	draw := luck.Float64()
	if call.Attempt > lastHiccup {
		draw = 0.5
	}
	if luck.IntN(3) == 0 {
		ctx = context.WithoutCancel(ctx) // it is out already, and cannot be called back
	}
	if err := pause(ctx, before); err != nil {
		return err
	}
	switch {
	case draw < 0.06:
		return errHiccup
	case draw < 0.18 && d == saga.Action && mayRefuse(call.Step):
		return saga.Permanent(errRefused)
	}
	err := effect(ctx, request{
		ref: saga.Ref{Name: call.SagaName, ID: call.SagaID}, step: call.Step, direction: d,
		key: call.IdempotencyKey, action: call.ActionKey, fence: call.Fence,
	})
	if err != nil {
		return err
	}
	if err := pause(ctx, after); err != nil {
		return err
	}
	if draw > 0.94 {
		return errLost
	}
	return nil
}

// mayRefuse: what comes at the point of no return or after it has to succeed, and a refusal of the first step undoes nothing.
func mayRefuse(step string) bool { return step == "pay" || step == "ship" || step == "confirm" }

func (c *crew) luck(call saga.Call[cargo], d saga.Direction) *rand.Rand {
	h := fnv.New64a()
	_, _ = io.WriteString(h, call.SagaName+"\x00"+call.SagaID+"\x00"+call.Step)
	return rand.New(rand.NewPCG(c.seed+uint64(d), h.Sum64()+uint64(call.Attempt)))
}
