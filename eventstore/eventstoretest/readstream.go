package eventstoretest

import (
	"context"
	"math"

	"github.com/skaldgo/skald/eventstore"
)

func readStreamCases() []testCase {
	// reads makes a case that compares a read of a stream of ten events with a part of it.
	reads := func(name string, from int64, dir eventstore.Direction, first, beyond int) testCase {
		return testCase{name: name, run: func(ctx context.Context, f fixture) {
			whole := tenAmongOthers(ctx, f)
			want := whole[first:beyond]
			if dir == back {
				want = reversed(want)
			}
			same(f, f.streamFrom(ctx, order, from, dir), want)
		}}
	}
	return []testCase{
		reads("forwards from 0 it yields the whole stream", 0, fwd, 0, 10),
		reads("forwards from a revision it includes that revision", 4, fwd, 4, 10),
		reads("forwards from the last revision it yields one event", 9, fwd, 9, 10),
		reads("forwards from just beyond the end it yields nothing", 10, fwd, 0, 0),
		reads("forwards from far beyond the end it yields nothing", math.MaxInt64, fwd, 0, 0),
		reads("backwards from MaxInt64 it yields the whole stream, last first", math.MaxInt64, back, 0, 10),
		reads("backwards from a revision it includes that revision", 4, back, 0, 5),
		reads("backwards from the last revision it yields the whole stream", 9, back, 0, 10),
		reads("backwards from 0 it yields the first event", 0, back, 0, 1),
		{name: "a missing stream is not found, in either direction", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Event("Placed", "{}"))
			for _, name := range []string{"order-2", "orde-1", "order-11"} {
				endsWith(f, f.store.ReadStream(ctx, name, 0, fwd), eventstore.ErrStreamNotFound)
				endsWith(f, f.store.ReadStream(ctx, name, 5, fwd), eventstore.ErrStreamNotFound)
				endsWith(f, f.store.ReadStream(ctx, name, math.MaxInt64, back), eventstore.ErrStreamNotFound)
			}
		}},
		{name: "a negative revision and a name that no stream can have are invalid", run: invalidReads},
		{name: "a long stream is read whole from anywhere", run: longStream},
		{name: "it ends at the end as of its first pull", run: func(ctx context.Context, f fixture) {
			whole := tenAmongOthers(ctx, f)
			var got []eventstore.RecordedEvent
			for e, err := range f.store.ReadStream(ctx, order, 0, fwd) {
				if err != nil {
					f.Fatalf("read: %v", err)
				}
				got = append(got, e)
				f.append(ctx, order, eventstore.StreamExists, Events(3, "Later")...)
			}
			same(f, got, whole)
		}},
		{name: "it sees what was appended before its first pull", run: func(ctx context.Context, f fixture) {
			seq := f.store.ReadStream(ctx, order, 0, fwd)
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

// tenAmongOthers appends a stream of ten events between events of other streams and returns the ten.
func tenAmongOthers(ctx context.Context, f fixture) []eventstore.RecordedEvent {
	f.Helper()
	events := Events(10, "Placed")
	for i, e := range events {
		f.append(ctx, "order-10", eventstore.Any, Event("Noise", "{}"))
		f.append(ctx, order, eventstore.Exactly(int64(i)-1), e)
		f.append(ctx, "orders-1", eventstore.Any, Event("Noise", "{}"))
	}
	whole := f.stream(ctx, order)
	stored(f, whole, order, 0, events...)
	return whole
}

// longStream is longer than any page that a store may read at a time, and bounded near likely page sizes.
func longStream(ctx context.Context, f fixture) {
	const n = 5000
	events := Events(n, "Placed")
	for i := 0; i < n; i += 1000 {
		f.append(ctx, order, eventstore.Exactly(int64(i)-1), events[i:i+1000]...)
	}
	whole := f.stream(ctx, order)
	stored(f, whole, order, 0, events...)
	for _, from := range []int64{1, 99, 100, 255, 256, 499, 512, 999, 1000, 1001, 1024, 2048, 4096, n - 2} {
		same(f, f.streamFrom(ctx, order, from, fwd), whole[from:])
		same(f, f.streamFrom(ctx, order, from, back), reversed(whole[:from+1]))
	}
}

func invalidReads(ctx context.Context, f fixture) {
	f.start(ctx, order, Event("Placed", "{}"))
	for _, dir := range []eventstore.Direction{fwd, back} {
		endsWith(f, f.store.ReadStream(ctx, order, -1, dir), eventstore.ErrInvalid)
		endsWith(f, f.store.ReadStream(ctx, order, math.MinInt64, dir), eventstore.ErrInvalid)
		for _, name := range []string{"", "order", "$order-1", "order-\n"} {
			endsWith(f, f.store.ReadStream(ctx, name, 0, dir), eventstore.ErrInvalid)
		}
	}
}
