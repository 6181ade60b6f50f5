package main

import (
	"context"
	"errors"
	"hash/fnv"
	"sync/atomic"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// faulty is a bank behind a bad line. What goes wrong with an attempt follows from its key and number alone.
type faulty struct {
	*Bank
	lost, refused, hung, panicked atomic.Int64
}

var errLine = errors.New("the line is bad")

func (f *faulty) Debit(ctx context.Context, c saga.Call[Transfer]) (Receipt, error) {
	return attempt(ctx, f, c, f.Bank.Debit)
}

func (f *faulty) Record(ctx context.Context, c saga.Call[Transfer]) (Receipt, error) {
	return attempt(ctx, f, c, f.Bank.Record)
}

func (f *faulty) Credit(ctx context.Context, c saga.Call[Transfer]) (Receipt, error) {
	return attempt(ctx, f, c, f.Bank.Credit)
}

func (f *faulty) Notify(ctx context.Context, c saga.Call[Transfer]) (Receipt, error) {
	return attempt(ctx, f, c, f.Bank.Notify)
}

func (f *faulty) PutBack(ctx context.Context, c saga.Call[Transfer], r *Receipt) error {
	return f.undo(ctx, c, r, f.Bank.PutBack)
}

func (f *faulty) Strike(ctx context.Context, c saga.Call[Transfer], r *Receipt) error {
	return f.undo(ctx, c, r, f.Bank.Strike)
}

func (f *faulty) TakeBack(ctx context.Context, c saga.Call[Transfer], r *Receipt) error {
	return f.undo(ctx, c, r, f.Bank.TakeBack)
}

func (f *faulty) undo(ctx context.Context, c saga.Call[Transfer], r *Receipt,
	do func(context.Context, saga.Call[Transfer], *Receipt) error,
) error {
	_, err := attempt(ctx, f, c, func(ctx context.Context, c saga.Call[Transfer]) (Receipt, error) {
		return Receipt{}, do(ctx, c, r)
	})
	return err
}

// attempt lets one in five attempts go wrong, in one of four ways.
func attempt(ctx context.Context, f *faulty, c saga.Call[Transfer],
	do func(context.Context, saga.Call[Transfer]) (Receipt, error),
) (Receipt, error) {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(c.IdempotencyKey))
	_, _ = sum.Write([]byte{byte(c.Attempt)})
	switch sum.Sum32() % 20 {
	case 0: // it does not get through
		f.refused.Add(1)
		return Receipt{}, errLine
	case 1: // it is done, and the answer is lost
		f.lost.Add(1)
		_, _ = do(ctx, c)
		return Receipt{}, errLine
	case 2: // it is done, and no answer comes in time
		f.hung.Add(1)
		_, _ = do(ctx, c)
		<-ctx.Done()
		return Receipt{}, ctx.Err()
	case 3: // it is done, and the caller falls over the answer
		f.panicked.Add(1)
		_, _ = do(ctx, c)
		panic("the answer makes no sense")
	}
	return do(ctx, c)
}

// mortal is the connection of one process to the log: when it is cut, the process might as well be dead, because it cannot
// record any more what it has done.
type mortal struct {
	eventstore.Store
	cut atomic.Bool
}

func (m *mortal) Append(
	ctx context.Context, stream string, expected eventstore.ExpectedRevision, events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	if m.cut.Load() {
		return eventstore.AppendResult{}, eventstore.ErrClosed
	}
	return m.Store.Append(ctx, stream, expected, events...)
}
