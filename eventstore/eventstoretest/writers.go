package eventstoretest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/skaldgo/skald/eventstore"
)

const writers = 24

func writerCases() []testCase {
	return []testCase{
		{name: "of many writers that start a stream exactly one wins", run: func(ctx context.Context, f fixture) {
			oneWinner(ctx, f, eventstore.NoStream)
		}},
		{name: "of many writers at one revision exactly one wins", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(7, "Placed")...)
			oneWinner(ctx, f, eventstore.Exactly(6))
		}},
		{name: "writers who decide again after each conflict all get their events in", run: decideAgain},
		{name: "writers to different streams never conflict", run: differentStreams},
		{name: "the events of an append stand next to each other in the log", run: contiguous},
		{name: "a reader never sees a part of an append", run: neverAPart},
	}
}

// oneWinner lets writers race with two events each and requires one to win and all others to be told where it ended.
func oneWinner(ctx context.Context, f fixture, expected eventstore.ExpectedRevision) {
	before, _ := expected.Revision()
	batches, errs := make([][]eventstore.EventData, writers), make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		batches[i] = Events(2, fmt.Sprintf("By%d", i))
		wg.Go(func() { _, errs[i] = f.store.Append(ctx, order, expected, batches[i]...) })
	}
	wg.Wait()
	winners := 0
	for i, err := range errs {
		if err == nil {
			winners++
			stored(f, f.stream(ctx, order)[before+1:], order, before+1, batches[i]...)
			continue
		}
		wantConflict(f, err, eventstore.ConflictError{Stream: order, Expected: expected, Actual: before + 2})
	}
	equal(f, "winners", winners, 1)
}

func decideAgain(ctx context.Context, f fixture) {
	const each = 10
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			current := int64(-1)
			for done := 0; done < each; {
				result, err := f.store.Append(ctx, order, eventstore.Exactly(current), Event(fmt.Sprintf("By%d", i), "{}"))
				var conflict *eventstore.ConflictError
				switch {
				case err == nil:
					current = result.Revision
					done++
				case errors.As(err, &conflict):
					current = conflict.Actual
				default:
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		f.Fatalf("append: %v", err)
	}
	counts := make(map[string]int)
	for _, e := range f.stream(ctx, order) {
		counts[e.Type]++
	}
	for i := range errs {
		equal(f, fmt.Sprintf("events of writer %d", i), counts[fmt.Sprintf("By%d", i)], each)
	}
}

func differentStreams(ctx context.Context, f fixture) {
	const each = 10
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for n := range each {
				_, err := f.store.Append(ctx, fmt.Sprintf("order-%d", i), eventstore.Exactly(int64(n)-1), Event("Placed", "{}"))
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		f.Fatalf("append: %v", err)
	}
	equal(f, "events in the log", len(f.all(ctx)), writers*each)
}

// appendBatches lets writers append batches of one size under Any, to a stream of each one's own or all to one.
func appendBatches(ctx context.Context, f fixture, size, each int, shared bool) error {
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		stream := order
		if !shared {
			stream = fmt.Sprintf("order-%d", i)
		}
		wg.Go(func() {
			for n := range each {
				_, err := f.store.Append(ctx, stream, eventstore.Any, Events(size, fmt.Sprintf("By%d-%d", i, n))...)
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func contiguous(ctx context.Context, f fixture) {
	const size = 7
	for _, shared := range []bool{true, false} {
		if err := appendBatches(ctx, f, size, 5, shared); err != nil {
			f.Fatalf("append: %v", err)
		}
	}
	for i, e := range f.all(ctx) {
		if want := string(Events(size, "")[i%size].Data); string(e.Data) != want {
			f.Fatalf("event %d of the log, %s, is %s of its append, want %s", i, place(&e), e.Data, want)
		}
	}
}

func neverAPart(ctx context.Context, f fixture) {
	const size, each = 50, 4
	done := f.background(func() error { return appendBatches(ctx, f, size, each, true) })
	for {
		select {
		case err := <-done:
			if err != nil {
				f.Fatalf("append: %v", err)
			}
			equal(f, "events in the log", len(f.all(ctx)), 8*size*each)
			return
		default:
		}
		equal(f, "events in the log beyond whole appends", len(f.all(ctx))%size, 0)
		events, err := Collect(f.store.ReadStream(ctx, order, 0, fwd))
		if err != nil && !errors.Is(err, eventstore.ErrStreamNotFound) {
			f.Fatalf("read the stream: %v", err)
		}
		equal(f, "events in the stream beyond whole appends", len(events)%size, 0)
	}
}
