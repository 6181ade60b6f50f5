package eventstoretest

import (
	"bytes"
	"context"
	"math"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

func storedCases() []testCase {
	return []testCase{
		{name: "empty data and metadata read back empty", run: func(ctx context.Context, f fixture) {
			bare, empty := Event("Placed", ""), Event("Placed", "")
			bare.Data, empty.Metadata = nil, []byte{}
			f.start(ctx, order, bare, empty)
			stored(f, f.stream(ctx, order), order, 0, bare, empty)
		}},
		{name: "any bytes are kept as they are", run: func(ctx context.Context, f fixture) {
			every := make([]byte, 256)
			for i := range every {
				every[i] = byte(i)
			}
			e, zeros := Event("Placed", string(every)), Event("Placed", strings.Repeat("\x00", 100))
			e.Metadata = bytes.Repeat([]byte{0xff, 0xfe, 0x00, '\'', '"', '\\'}, 50)
			f.start(ctx, order, e, zeros)
			stored(f, f.stream(ctx, order), order, 0, e, zeros)
			stored(f, f.all(ctx), order, 0, e, zeros)
		}},
		{name: "JSON is not reformatted", run: func(ctx context.Context, f fixture) {
			e := Event("Placed", "{ \"b\" : 1.0,\n\t\"a\":1e2, \"a\": \"\\u00e9\" } ")
			e.Metadata = []byte(`{"z":1,  "$correlationId":"x"}`)
			f.start(ctx, order, e)
			stored(f, f.stream(ctx, order), order, 0, e)
		}},
		{name: "event ids of any bytes are kept", run: func(ctx context.Context, f fixture) {
			low, high := Event("Placed", "{}"), Event("Placed", "{}")
			low.ID, high.ID = eventstore.EventID{15: 1}, eventstore.EventID(bytes.Repeat([]byte{0xff}, 16))
			first := f.start(ctx, order, low, high)
			stored(f, f.stream(ctx, order), order, 0, low, high)
			sameOutcome(f, f.start(ctx, order, low, high), first)
		}},
		{name: "the caller may change its slices once the append has returned", run: callerReusesSlices},
		{name: "the reader may change what it was given", run: readerChangesSlices},
		{name: "the time of recording is set, in UTC, and always the same", run: func(ctx context.Context, f fixture) {
			f.start(ctx, order, Events(3, "Placed")...)
			for _, e := range f.stream(ctx, order) {
				equal(f, "time of recording is zero", e.RecordedAt.IsZero(), false)
				equal(f, "location", e.RecordedAt.Location(), time.UTC)
			}
			same(f, f.stream(ctx, order), f.all(ctx))
		}},
		{name: "every way to read gives the same events", run: everyWayToRead},
	}
}

func callerReusesSlices(ctx context.Context, f fixture) {
	reused := Events(2, "Placed")
	f.start(ctx, order, reused...)
	for i := range reused {
		clear(reused[i].Data)
		clear(reused[i].Metadata)
	}
	clear(reused)
	for i, e := range f.stream(ctx, order) {
		equal(f, "data", string(e.Data), string(Events(2, "Placed")[i].Data))
		equal(f, "metadata", string(e.Metadata), `{"actor":"test"}`)
	}
}

func readerChangesSlices(ctx context.Context, f fixture) {
	events := Events(3, "Placed")
	f.start(ctx, order, events...)
	spoil := func(read []eventstore.RecordedEvent) {
		for i := range read {
			clear(read[i].Data)
			clear(read[i].Metadata)
		}
	}
	spoil(f.stream(ctx, order))
	spoil(f.all(ctx))
	spoil(f.subscribe(ctx, start, everything).events(3))
	stored(f, f.stream(ctx, order), order, 0, events...)
	stored(f, f.all(ctx), order, 0, events...)
}

func everyWayToRead(ctx context.Context, f fixture) {
	f.start(ctx, order, Events(30, "Placed")...)
	log := f.all(ctx)
	same(f, f.stream(ctx, order), log)
	same(f, reversed(f.streamFrom(ctx, order, math.MaxInt64, back)), log)
	same(f, reversed(f.allFrom(ctx, start, back, everything)), log)
	same(f, f.allFrom(ctx, start, fwd,
		eventstore.Filter{StreamPrefixes: []string{"order-"}}), log)
	same(f, f.allFrom(ctx, start, fwd,
		eventstore.Filter{TypePrefixes: []string{"Placed"}}), log)
	same(f, f.subscribe(ctx, start, everything).events(30), log)
}
