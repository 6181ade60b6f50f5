package order

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// ErrInjected is matched by every error that Faulty makes up.
var ErrInjected = errors.New("injected fault")

// Fault is one way in which an attempt goes wrong.
type Fault uint8

// The faults. After the ones named Before nothing has happened; after the ones named After the effect has, and only
// the answer is lost, which is what makes an outcome unknown.
const (
	NoFault Fault = iota
	// FailBefore and FailAfter return an error that may be retried.
	FailBefore
	FailAfter
	// HangBefore and HangAfter do not answer until the attempt's context ends, or Faults.Hang has passed.
	HangBefore
	HangAfter
	// PanicBefore and PanicAfter panic.
	PanicBefore
	PanicAfter
	// Refuse returns a permanent error, and nothing has happened.
	Refuse
)

var faultNames = [...]string{
	"none", "fail before", "fail after", "hang before", "hang after", "panic before", "panic after", "refuse",
}

func (f Fault) String() string {
	if int(f) < len(faultNames) {
		return faultNames[f]
	}
	return fmt.Sprintf("invalid(%d)", f)
}

// Attempt is what a choice of faults may depend on.
type Attempt struct {
	SagaID       string
	Step         string
	Compensation bool
	// Number counts from 1.
	Number int
	// Key is the idempotency key.
	Key string
}

// Faults says which attempts go wrong. The zero value leaves all alone.
type Faults struct {
	// Rate is the share of attempts that go wrong, from 0 to 1, each by any fault but a panic; a refusal is a tenth of
	// them. Compensations are never refused, because nothing but a person could help a saga then.
	Rate float64
	// Seed changes which ones. The choice depends on the seed, the idempotency key and the attempt's number alone, so a
	// run with the same seed meets the same faults, on any machine and after a restart.
	Seed uint64
	// Hang limits how long an attempt hangs. 0 means until its context ends.
	Hang time.Duration
	// Choose decides instead of Rate and Seed when it is set. It is called from many goroutines.
	Choose func(Attempt) Fault
}

// Validate reports what is wrong with the faults, or nil.
func (f Faults) Validate() error {
	var faults []error
	if !(f.Rate >= 0 && f.Rate <= 1) {
		faults = append(faults, fmt.Errorf("fault rate is %v, it must be between 0 and 1", f.Rate))
	}
	if f.Hang < 0 {
		faults = append(faults, fmt.Errorf("hang is %s, it must not be negative", f.Hang))
	}
	return errors.Join(faults...)
}

// choose returns the fault of an attempt.
func (f Faults) choose(a Attempt) Fault {
	if f.Choose != nil {
		return f.Choose(a)
	}
	if f.Rate <= 0 {
		return NoFault
	}
	seed := binary.BigEndian.AppendUint64(nil, f.Seed)
	seed = binary.BigEndian.AppendUint64(seed, uint64(a.Number))
	sum := sha256.Sum256(append(seed, a.Key...))
	const steps = 1 << 53
	if drawn := float64(binary.BigEndian.Uint64(sum[:8])%steps) / steps; drawn >= f.Rate {
		return NoFault
	}
	switch kind := sum[8] % 10; {
	case kind < 4:
		return FailBefore
	case kind < 7:
		return FailAfter
	case kind < 8:
		return HangBefore
	case kind < 9:
		return HangAfter
	case a.Compensation:
		return FailBefore
	default:
		return Refuse
	}
}

// around runs one attempt with its fault.
func (f Faults) around(ctx context.Context, a Attempt, do func() error) error {
	fault := f.choose(a)
	switch fault {
	case NoFault:
		return do()
	case FailAfter, HangAfter, PanicAfter:
		if err := do(); err != nil {
			return err
		}
	case FailBefore, HangBefore, PanicBefore, Refuse:
	}
	err := fmt.Errorf("%w: %s in attempt %d of %s", ErrInjected, fault, a.Number, a.Step)
	switch fault {
	case HangBefore, HangAfter:
		return fmt.Errorf("%w: %w", err, hang(ctx, f.Hang))
	case PanicBefore, PanicAfter:
		panic(err)
	case Refuse:
		return saga.Permanent(err)
	default:
		return err
	}
}

func hang(ctx context.Context, limit time.Duration) error {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	<-ctx.Done()
	return ctx.Err()
}

func attemptOf(call saga.Call[Order]) Attempt {
	return Attempt{
		SagaID: call.SagaID, Step: call.Step, Number: call.Attempt, Key: call.IdempotencyKey,
		Compensation: call.ActionKey != call.IdempotencyKey,
	}
}
