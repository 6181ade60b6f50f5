package logcopy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// ErrDiffers: the target holds something else than the beginning of the source. See DiffersError.
var ErrDiffers = errors.New("the logs differ")

// DiffersError names the first event, counted from 1 in the order of the log, in which two logs differ.
type DiffersError struct {
	Number int64
	What   string
}

func (e *DiffersError) Error() string {
	return fmt.Sprintf("the logs differ at event %d: %s", e.Number, e.What)
}

// Is makes errors.Is(err, ErrDiffers) true.
func (e *DiffersError) Is(target error) bool { return target == ErrDiffers }

// Report says what a copy or a comparison has done.
type Report struct {
	Found  int64 // events that the target had already, all of them those of the source
	Copied int64 // events that were appended
	// Behind is how many events the source has beyond the end of the target; always 0 after a copy.
	Behind int64
}

// Config says what to copy. From and To are required; the caller closes them.
type Config struct {
	From, To eventstore.Store
	// Progress is called now and then with the number of events passed. Nil means nobody is told.
	Progress func(events int64)
}

// Patience with a target that is unavailable or does not tell an outcome.
const (
	repeats  = 30
	firstGap = 20 * time.Millisecond
	longest  = 2 * time.Second
)

// Copy appends to the target all that it lacks of the source. What the target has already is compared first, event by
// event, and Copy gives ErrDiffers, and changes nothing, unless it is the beginning of the source: a copy that was
// interrupted at any point is resumed by calling Copy again, and an empty target is begun. Appends that fail for a while
// are repeated for about half a minute. On an error the target holds a beginning of the source.
func Copy(ctx context.Context, cfg Config) (Report, error) {
	return run(ctx, cfg, func(rest *cursor) (int64, error) {
		w := &writer{to: cfg.To}
		for ; rest.ok; rest.next() {
			if err := w.add(ctx, rest.event); err != nil {
				return w.copied, err
			}
			rest.tell(cfg.Progress)
		}
		if rest.err != nil {
			return w.copied, rest.err
		}
		return w.copied, w.flush(ctx)
	})
}

// Compare compares the target with the source from end to end, and changes nothing. It gives ErrDiffers unless the target
// is the source or a beginning of it; Report.Behind says how much is missing then.
func Compare(ctx context.Context, cfg Config) (Report, error) {
	behind := int64(0)
	report, err := run(ctx, cfg, func(rest *cursor) (int64, error) {
		for ; rest.ok; rest.next() {
			behind++
			rest.tell(cfg.Progress)
		}
		return 0, rest.err
	})
	report.Behind = behind
	return report, err
}

// run compares what both have, and hands over the rest of the source.
func run(ctx context.Context, cfg Config, rest func(*cursor) (int64, error)) (Report, error) {
	if cfg.From == nil || cfg.To == nil {
		return Report{}, fmt.Errorf("copy a log: a source and a target are needed: %w", eventstore.ErrInvalid)
	}
	from, to := open(ctx, cfg.From), open(ctx, cfg.To)
	defer from.stop()
	defer to.stop()
	var report Report
	from.next()
	for to.next(); to.ok; to.next() {
		if !from.ok {
			if from.err != nil {
				return report, fmt.Errorf("read the source: %w", from.err)
			}
			return report, &DiffersError{Number: to.passed, What: "the target goes on where the source ends"}
		}
		if what := difference(&from.event, &to.event); what != "" {
			return report, &DiffersError{Number: to.passed, What: what}
		}
		report.Found++
		from.tell(cfg.Progress)
		from.next()
	}
	if to.err != nil {
		return report, fmt.Errorf("read the target: %w", to.err)
	}
	to.stop() // the source's iterator alone is needed from here on
	if from.err != nil {
		return report, fmt.Errorf("read the source: %w", from.err)
	}
	var err error
	report.Copied, err = rest(from)
	return report, err
}

// difference says in what two events differ, as far as a copy keeps it.
func difference(a, b *eventstore.RecordedEvent) string {
	for _, field := range []struct {
		name string
		same bool
	}{
		{"the stream", a.Stream == b.Stream}, {"the revision", a.Revision == b.Revision}, {"the event id", a.ID == b.ID},
		{"the type", a.Type == b.Type}, {"the data", bytes.Equal(a.Data, b.Data)}, {"the metadata", bytes.Equal(a.Metadata, b.Metadata)},
	} {
		if !field.same {
			return fmt.Sprintf("%s of revision %d of stream %q is another one", field.name, a.Revision, a.Stream)
		}
	}
	return ""
}

// cursor pulls the events of a log one at a time.
type cursor struct {
	pull   func() (eventstore.RecordedEvent, error, bool)
	stop   func()
	event  eventstore.RecordedEvent
	ok     bool // whether event is one
	err    error
	passed int64
}

func open(ctx context.Context, store eventstore.Store) *cursor {
	c := &cursor{}
	c.pull, c.stop = iter.Pull2(store.ReadAll(ctx, eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}))
	return c
}

func (c *cursor) next() {
	c.event, c.err, c.ok = c.pull()
	if c.err != nil {
		c.ok = false
	}
	c.passed++
}

func (c *cursor) tell(progress func(int64)) {
	if progress != nil && c.passed%1_000 == 0 {
		progress(c.passed)
	}
}
