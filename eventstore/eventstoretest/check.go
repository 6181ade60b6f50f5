package eventstoretest

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/skaldgo/skald/eventstore"
)

// maxReported keeps the report of a broken log readable.
const maxReported = 20

// Check reads the whole log and reports, with t.Errorf, everything that no sound log shows:
//
//   - the revisions of a stream are not 0, 1, 2, … in the order of the log;
//   - positions do not strictly increase;
//   - an id, a type or a stream name is missing, or a stream holds an event id twice;
//   - the log read backwards is not the log read forwards, reversed;
//   - the streams, read one by one, are not what the log holds, byte for byte.
//
// Nothing may append to the store meanwhile. It reads every event three times and holds all of them in memory.
func Check(t testing.TB, store eventstore.Store) {
	t.Helper()
	c := checker{store: store}
	c.check(t.Context())
	for i, problem := range c.problems {
		if i == maxReported {
			t.Errorf("the log: %d more problems", len(c.problems)-maxReported)
			return
		}
		t.Errorf("the log: %s", problem)
	}
}

type checker struct {
	store    eventstore.Store
	log      []eventstore.RecordedEvent
	streams  map[string][]int // indexes into log
	problems []string
}

func (c *checker) report(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

func (c *checker) check(ctx context.Context) {
	var err error
	c.log, err = Collect(c.store.ReadAll(ctx, eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}))
	if err != nil {
		c.report("reading forwards after %d events: %v", len(c.log), err)
		return
	}
	c.checkLog()
	c.checkIDs()
	c.checkBackwards(ctx)
	for _, name := range c.names() {
		c.checkStream(ctx, name)
	}
}

// checkLog walks the log once: positions, revisions and names.
func (c *checker) checkLog() {
	c.streams = make(map[string][]int)
	var last eventstore.Position
	for i := range c.log {
		e := &c.log[i]
		if !e.Position.After(last) {
			c.report("event %d (%s) is at position %s, the event before it at %s", i, place(e), e.Position, last)
		}
		if want := c.next(e.Stream); e.Revision != want {
			c.report("event %d is %s, want revision %d", i, place(e), want)
		}
		if e.ID.IsZero() || e.Type == "" || e.Stream == "" {
			c.report("event %d (%s) lacks an id, a type or a stream: id %s, type %q", i, place(e), e.ID, e.Type)
		}
		last = e.Position
		c.streams[e.Stream] = append(c.streams[e.Stream], i)
	}
}

// next returns the revision that must follow what was read of a stream. It counts on from what is there, so that one gap
// is reported once.
func (c *checker) next(stream string) int64 {
	indexes := c.streams[stream]
	if len(indexes) == 0 {
		return 0
	}
	return c.log[indexes[len(indexes)-1]].Revision + 1
}

func (c *checker) checkIDs() {
	type key struct {
		stream string
		id     eventstore.EventID
	}
	seen := make(map[key]int64, len(c.log))
	for i := range c.log {
		e := &c.log[i]
		k := key{e.Stream, e.ID}
		if first, twice := seen[k]; twice {
			c.report("stream %q holds event id %s at revisions %d and %d", e.Stream, e.ID, first, e.Revision)
		}
		seen[k] = e.Revision
	}
}

func (c *checker) checkBackwards(ctx context.Context) {
	i := len(c.log) - 1
	for e, err := range c.store.ReadAll(ctx, eventstore.Position{}, eventstore.Backwards, eventstore.Filter{}) {
		if err != nil {
			c.report("reading backwards: %v", err)
			return
		}
		if i < 0 {
			c.report("read backwards, the log has more than its %d events: %s", len(c.log), place(&e))
			return
		}
		if diff := difference(&e, &c.log[i]); diff != "" {
			c.report("read backwards, event %d differs from the one read forwards: %s", i, diff)
			return
		}
		i--
	}
	if i >= 0 {
		c.report("read backwards, the log ends %d events early", i+1)
	}
}

func (c *checker) checkStream(ctx context.Context, name string) {
	indexes := c.streams[name]
	n := 0
	for e, err := range c.store.ReadStream(ctx, name, 0, eventstore.Forwards) {
		if err != nil {
			c.report("reading stream %q: %v", name, err)
			return
		}
		if n == len(indexes) {
			c.report("stream %q holds more than the %d events that the log has of it", name, len(indexes))
			return
		}
		if diff := difference(&e, &c.log[indexes[n]]); diff != "" {
			c.report("event %d of stream %q differs from the one in the log: %s", n, name, diff)
			return
		}
		n++
	}
	if n < len(indexes) {
		c.report("stream %q holds %d events, the log has %d of it", name, n, len(indexes))
	}
	for e, err := range c.store.ReadStream(ctx, name, math.MaxInt64, eventstore.Backwards) {
		if err != nil {
			c.report("reading the last event of stream %q: %v", name, err)
		} else if want := c.next(name) - 1; e.Revision != want {
			c.report("the last event of stream %q is revision %d, in the log it is %d", name, e.Revision, want)
		}
		break
	}
}

// names returns the streams in a fixed order, so that two reports of one log are equal.
func (c *checker) names() []string {
	names := make([]string, 0, len(c.streams))
	for name := range c.streams {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func place(e *eventstore.RecordedEvent) string { return fmt.Sprintf("%s@%d", e.Stream, e.Revision) }

// difference tells how two readings of what should be one event differ; "" when they do not.
func difference(got, want *eventstore.RecordedEvent) string {
	switch {
	case got.Stream != want.Stream || got.Revision != want.Revision:
		return fmt.Sprintf("got %s, want %s", place(got), place(want))
	case got.Position != want.Position:
		return fmt.Sprintf("%s: got position %s, want %s", place(got), got.Position, want.Position)
	case got.ID != want.ID:
		return fmt.Sprintf("%s: got id %s, want %s", place(got), got.ID, want.ID)
	case got.Type != want.Type:
		return fmt.Sprintf("%s: got type %q, want %q", place(got), got.Type, want.Type)
	case !bytes.Equal(got.Data, want.Data):
		return fmt.Sprintf("%s: got data %.80q, want %.80q", place(got), got.Data, want.Data)
	case !bytes.Equal(got.Metadata, want.Metadata):
		return fmt.Sprintf("%s: got metadata %.80q, want %.80q", place(got), got.Metadata, want.Metadata)
	case !got.RecordedAt.Equal(want.RecordedAt):
		return fmt.Sprintf("%s: got time %s, want %s", place(got), got.RecordedAt, want.RecordedAt)
	}
	return ""
}
