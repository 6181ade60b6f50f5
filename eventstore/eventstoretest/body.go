package eventstoretest

import (
	"context"
	"iter"

	"github.com/skaldgo/skald/eventstore"
)

func bodyCases() []testCase {
	return []testCase{
		{name: "the body of a stream read may append and read", run: func(ctx context.Context, f fixture) {
			mixedLog(ctx, f, 30)
			busyBody(ctx, f, f.store.ReadStream(ctx, "order-0", 0, fwd))
			busyBody(ctx, f, f.store.ReadStream(ctx, "order-0", 5, back))
		}},
		{name: "the body of a log read may append and read", run: func(ctx context.Context, f fixture) {
			mixedLog(ctx, f, 30)
			busyBody(ctx, f, f.store.ReadAll(ctx, start, fwd, everything))
			busyBody(ctx, f, f.store.ReadAll(ctx, start, back, everything))
		}},
		{name: "the body of a subscription may append and sees what it appended", run: func(ctx context.Context, f fixture) {
			f.start(ctx, "ping-1", Event("Ping", "{}"))
			pings := 0
			for m, err := range f.store.Subscribe(ctx, start, everything) {
				if err != nil {
					f.Fatalf("subscribe: %v", err)
				}
				if m.Kind != eventstore.KindEvent {
					continue
				}
				equal(f, "revision", m.Event.Revision, int64(pings))
				if pings++; pings == 50 {
					break
				}
				f.append(ctx, "ping-1", eventstore.Exactly(m.Event.Revision), Event("Ping", "{}"))
			}
			equal(f, "events delivered", pings, 50)
		}},
		{name: "a body that takes long does not hold up writers or readers", run: longBodies},
		{name: "reads within reads are independent", run: readsWithinReads},
		{name: "many loops left early hold nothing back", run: leftEarly},
	}
}

// busyBody runs a read whose body uses the store in every way.
func busyBody(ctx context.Context, f fixture, seq iter.Seq2[eventstore.RecordedEvent, error]) {
	f.Helper()
	bodies := 0
	for e, err := range seq {
		if err != nil {
			f.Fatalf("read: %v", err)
		}
		bodies++
		f.append(ctx, "body-1", eventstore.Any, Event("Noted", e.Position.String()))
		f.append(ctx, e.Stream, eventstore.StreamExists, Event("Noted", "{}"))
		f.streamFrom(ctx, e.Stream, e.Revision, back)
		f.subscribe(ctx, e.Position, everything).events(1)
	}
	if bodies == 0 {
		f.Fatalf("the read yielded nothing")
	}
}

// longBodies keeps three loops open, each within its body, while others write and read much.
func longBodies(ctx context.Context, f fixture) {
	log := mixedLog(ctx, f, 30)
	nextOfStream, stop := iter.Pull2(f.store.ReadStream(ctx, "order-0", 0, fwd))
	f.Cleanup(stop)
	nextOfLog, stop := iter.Pull2(f.store.ReadAll(ctx, start, fwd, everything))
	f.Cleanup(stop)
	sub := f.subscribe(ctx, start, everything)
	first, err, _ := nextOfStream()
	if err != nil {
		f.Fatalf("read: %v", err)
	}
	equal(f, "revision", first.Revision, 0)
	if first, err, _ = nextOfLog(); err != nil {
		f.Fatalf("read: %v", err)
	}
	same(f, []eventstore.RecordedEvent{first}, log[:1])
	same(f, sub.events(1), log[:1])
	if err := appendBatches(ctx, f, 20, 5, false); err != nil {
		f.Fatalf("append: %v", err)
	}
	now := f.all(ctx)
	equal(f, "events in the log", len(now), 30+8*20*5)
	second, err, _ := nextOfLog()
	if err != nil {
		f.Fatalf("read: %v", err)
	}
	same(f, []eventstore.RecordedEvent{second}, log[1:2])
	same(f, sub.events(len(now)-1), now[1:])
}

func readsWithinReads(ctx context.Context, f fixture) {
	log := mixedLog(ctx, f, 12)
	var got []eventstore.RecordedEvent
	for e, err := range f.store.ReadAll(ctx, start, fwd, everything) {
		if err != nil {
			f.Fatalf("read: %v", err)
		}
		got = append(got, e)
		for inner, err := range f.store.ReadStream(ctx, e.Stream, e.Revision, fwd) {
			if err != nil {
				f.Fatalf("read: %v", err)
			}
			same(f, []eventstore.RecordedEvent{inner}, []eventstore.RecordedEvent{e})
			break
		}
	}
	same(f, got, log)
}

func leftEarly(ctx context.Context, f fixture) {
	mixedLog(ctx, f, 30)
	for range 200 {
		for range f.store.ReadAll(ctx, start, fwd, everything) {
			break
		}
		for range f.store.ReadStream(ctx, "order-0", 0, back) {
			break
		}
		for range f.store.Subscribe(ctx, start, everything) {
			break
		}
	}
	f.append(ctx, order, eventstore.Any, Event("Placed", "{}"))
}
