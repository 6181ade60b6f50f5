package eventstoretest

import (
	"context"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

func readAllCases() []testCase {
	return []testCase{
		{name: "an empty log yields nothing, in either direction", run: func(ctx context.Context, f fixture) {
			equal(f, "events", len(f.all(ctx)), 0)
			equal(f, "events backwards", len(f.allFrom(ctx, start, back, everything)), 0)
		}},
		{name: "forwards from zero it yields every event in append order", run: func(ctx context.Context, f fixture) {
			events := Events(12, "Placed")
			for i, e := range events {
				f.append(ctx, fmt.Sprintf("order-%d", i%3), eventstore.Any, e)
			}
			log := f.all(ctx)
			equal(f, "events", len(log), len(events))
			for i, e := range log {
				stored(f, log[i:i+1], fmt.Sprintf("order-%d", i%3), int64(i/3), events[i])
				equal(f, "position is zero", e.Position.IsZero(), false)
			}
		}},
		{name: "forwards it yields what is strictly after a position", run: func(ctx context.Context, f fixture) {
			log := mixedLog(ctx, f, 30)
			for i, e := range log {
				same(f, f.allFrom(ctx, e.Position, fwd, everything), log[i+1:])
			}
		}},
		{name: "backwards it yields what is strictly before a position", run: func(ctx context.Context, f fixture) {
			log := mixedLog(ctx, f, 30)
			for i, e := range log {
				same(f, f.allFrom(ctx, e.Position, back, everything), reversed(log[:i]))
			}
		}},
		{name: "backwards from zero it starts at the head", run: func(ctx context.Context, f fixture) {
			log := mixedLog(ctx, f, 30)
			same(f, f.allFrom(ctx, start, back, everything), reversed(log))
		}},
		{name: "a long log is read whole from anywhere", run: longLog},
		{name: "forwards it ends at the head as of its first pull", run: func(ctx context.Context, f fixture) {
			endsAtHead(ctx, f, fwd)
		}},
		{name: "backwards it does not see what is appended meanwhile", run: func(ctx context.Context, f fixture) {
			endsAtHead(ctx, f, back)
		}},
		{name: "it sees what was appended before its first pull", run: func(ctx context.Context, f fixture) {
			seq := f.store.ReadAll(ctx, start, fwd, everything)
			e := Event("Placed", "{}")
			f.start(ctx, order, e)
			got, err := Collect(seq)
			if err != nil {
				f.Fatalf("read: %v", err)
			}
			stored(f, got, order, 0, e)
		}},
	}
}

// mixedLog appends n events to three streams, in appends of one to four, and returns the log.
func mixedLog(ctx context.Context, f fixture, n int) []eventstore.RecordedEvent {
	f.Helper()
	events := Events(n, "Placed")
	for i := 0; len(events) > 0; i++ {
		size := min(1+i%4, len(events))
		f.append(ctx, fmt.Sprintf("order-%d", i%3), eventstore.Any, events[:size]...)
		events = events[size:]
	}
	return f.all(ctx)
}

func longLog(ctx context.Context, f fixture) {
	for i := range 5 {
		f.append(ctx, fmt.Sprintf("order-%d", i), eventstore.NoStream, Events(1000, "Placed")...)
	}
	log := f.all(ctx)
	equal(f, "events", len(log), 5000)
	for _, i := range []int{0, 99, 100, 255, 256, 499, 512, 999, 1000, 1001, 1024, 2048, 4096, 4998, 4999} {
		same(f, f.allFrom(ctx, log[i].Position, fwd, everything), log[i+1:])
		same(f, f.allFrom(ctx, log[i].Position, back, everything), reversed(log[:i]))
	}
}

// endsAtHead appends in the body of the loop, more than the loop reads, and requires the loop not to see it.
func endsAtHead(ctx context.Context, f fixture, dir eventstore.Direction) {
	want := mixedLog(ctx, f, 30)
	if dir == back {
		want = reversed(want)
	}
	var got []eventstore.RecordedEvent
	for e, err := range f.store.ReadAll(ctx, start, dir, everything) {
		if err != nil {
			f.Fatalf("read: %v", err)
		}
		got = append(got, e)
		f.append(ctx, order, eventstore.Any, Events(3, "Later")...)
		if len(got) > len(want) {
			break
		}
	}
	same(f, got, want)
}
