package eventstoretest

import (
	"bytes"
	"context"

	"github.com/skaldgo/skald/eventstore"
)

func limitCases() []testCase {
	return []testCase{
		{name: "an append of exactly the limit passes", run: func(ctx context.Context, f fixture) {
			e := sized(eventstore.MaxAppendBytes)
			f.start(ctx, order, e)
			stored(f, f.stream(ctx, order), order, 0, e)
		}},
		{name: "an append one byte over the limit is too large and stores nothing",
			run: func(ctx context.Context, f fixture) {
				f.refused(ctx, eventstore.ErrTooLarge, order, eventstore.NoStream, sized(eventstore.MaxAppendBytes+1))
				endsWith(f, f.store.ReadStream(ctx, order, 0, fwd), eventstore.ErrStreamNotFound)
			}},
		{name: "the limit holds for the events of an append together", run: func(ctx context.Context, f fixture) {
			half := eventstore.MaxAppendBytes / 2
			f.refused(ctx, eventstore.ErrTooLarge, order, eventstore.NoStream, sized(half), sized(half), sized(100))
			first, second := sized(half), sized(half)
			f.start(ctx, order, first, second)
			stored(f, f.stream(ctx, order), order, 0, first, second)
		}},
		{name: "metadata and type names count towards the limit", run: func(ctx context.Context, f fixture) {
			e := sized(eventstore.MaxAppendBytes)
			e.Data, e.Metadata = e.Metadata, e.Data
			f.start(ctx, order, e)
			longer := sized(eventstore.MaxAppendBytes)
			longer.Type += "X"
			f.refused(ctx, eventstore.ErrTooLarge, order, eventstore.Exactly(0), longer)
		}},
		{name: "a too large append leaves the stream usable", run: func(ctx context.Context, f fixture) {
			kept := Events(2, "Placed")
			f.start(ctx, order, kept[0])
			f.refused(ctx, eventstore.ErrTooLarge, order, eventstore.Exactly(0), sized(2*eventstore.MaxAppendBytes))
			f.append(ctx, order, eventstore.Exactly(0), kept[1])
			stored(f, f.stream(ctx, order), order, 0, kept...)
		}},
		{name: "several large appends are read back whole", run: func(ctx context.Context, f fixture) {
			events := make([]eventstore.EventData, 4)
			for i := range events {
				events[i] = sized(eventstore.MaxAppendBytes)
				f.append(ctx, order, eventstore.Exactly(int64(i)-1), events[i])
			}
			stored(f, f.stream(ctx, order), order, 0, events...)
			stored(f, f.all(ctx), order, 0, events...)
		}},
	}
}

// sized returns an event that counts for n bytes of an append.
func sized(n int) eventstore.EventData {
	e := Event("Placed", "")
	e.Metadata = []byte(`{"actor":"test"}`)
	e.Data = bytes.Repeat([]byte("x"), n-2*len(e.Type)-len(e.Metadata))
	return e
}
