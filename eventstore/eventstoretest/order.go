package eventstoretest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/skaldgo/skald/eventstore"
)

const (
	fastAppends = 60 // of one small event, by each of two writers
	slowAppends = 6  // of slowBatch large events, by each of two writers
	slowBatch   = 150
	mixedEvents = 2*fastAppends + 2*slowAppends*slowBatch
)

func orderCases() []testCase {
	return []testCase{
		{name: "a reader that polls among fast and slow writers misses nothing", run: pollingReader},
		{name: "subscribers among fast and slow writers miss nothing and see one order", run: tailingSubscribers},
		{name: "what was read once is read again as the beginning of what is read later", run: prefixNeverChanges},
		{name: "an acknowledged append is seen by the next read", run: func(ctx context.Context, f fixture) {
			for i := range 50 {
				result := f.append(ctx, order, eventstore.Exactly(int64(i)-1), Event("Placed", "{}"))
				log := f.all(ctx)
				equal(f, "position of the head", log[len(log)-1].Position, result.Position)
				equal(f, "events in the stream", len(f.stream(ctx, order)), i+1)
			}
		}},
		{name: "appends one after the other stand in that order", run: func(ctx context.Context, f fixture) {
			var last eventstore.Position
			for i := range 50 {
				result := f.start(ctx, fmt.Sprintf("order-%d", 50-i), Event("Placed", "{}"))
				equal(f, "position is after the one before", result.Position.After(last), true)
				last = result.Position
			}
			for i, e := range f.all(ctx) {
				equal(f, "stream", e.Stream, fmt.Sprintf("order-%d", 50-i))
			}
		}},
	}
}

// mixedWriters appends mixedEvents events: small ones, one at a time, beside large batches that take the store long.
func mixedWriters(ctx context.Context, f fixture) error {
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			stream, appends, size, data := fmt.Sprintf("fast-%d", i), fastAppends, 1, "{}"
			if i%2 == 1 {
				stream, appends, size, data = fmt.Sprintf("slow-%d", i), slowAppends, slowBatch, strings.Repeat("x", 2000)
			}
			for n := range appends {
				events := Events(size, "Placed")
				for j := range events {
					events[j].Data = []byte(data)
				}
				_, err := f.store.Append(ctx, stream, eventstore.Exactly(int64(n*size)-1), events...)
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func pollingReader(ctx context.Context, f fixture) {
	done := f.background(func() error { return mixedWriters(ctx, f) })
	var seen []eventstore.RecordedEvent
	var last eventstore.Position
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				f.Fatalf("append: %v", err)
			}
			running = false // one more poll sees the rest
		default:
		}
		for _, e := range f.allFrom(ctx, last, fwd, everything) {
			seen, last = append(seen, e), e.Position
		}
	}
	equal(f, "events seen", len(seen), mixedEvents)
	same(f, seen, f.all(ctx))
}

func tailingSubscribers(ctx context.Context, f fixture) {
	var waits []<-chan error
	seen := make([][]eventstore.RecordedEvent, 3)
	for i := range seen {
		waits = append(waits, f.background(func() (err error) {
			seen[i], err = take(f.store.Subscribe(ctx, start, everything), mixedEvents)
			return err
		}))
	}
	waits = append(waits, f.background(func() error { return mixedWriters(ctx, f) }))
	for _, done := range waits {
		if err := <-done; err != nil {
			f.Fatalf("append or subscribe: %v", err)
		}
	}
	log := f.all(ctx)
	equal(f, "events in the log", len(log), mixedEvents)
	for i := range seen {
		same(f, seen[i], log)
	}
}

// take collects the first n events of a subscription.
func take(messages func(func(eventstore.Message, error) bool), n int) ([]eventstore.RecordedEvent, error) {
	var events []eventstore.RecordedEvent
	for m, err := range messages {
		if err != nil {
			return events, fmt.Errorf("after %d of %d events: %w", len(events), n, err)
		}
		if m.Kind == eventstore.KindEvent {
			events = append(events, m.Event)
		}
		if len(events) == n {
			return events, nil
		}
	}
	return events, fmt.Errorf("the subscription ended by itself after %d of %d events", len(events), n)
}

func prefixNeverChanges(ctx context.Context, f fixture) {
	done := f.background(func() error { return mixedWriters(ctx, f) })
	var before []eventstore.RecordedEvent
	readAgain := func() {
		now := f.all(ctx)
		if len(now) < len(before) {
			f.Fatalf("the log had %d events and now has %d", len(before), len(now))
		}
		same(f, now[:len(before)], before)
		before = now
	}
	for running := true; running; {
		readAgain()
		select {
		case err := <-done:
			if err != nil {
				f.Fatalf("append: %v", err)
			}
			running = false
		default:
		}
	}
	readAgain() // the whole log for the first time, perhaps
	readAgain()
}
