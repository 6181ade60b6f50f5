package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// probe uses a damaged log in every way, and compares each answer with what was written.
type probe struct {
	log      *writtenLog
	path     string
	rng      *rand.Rand
	readOnly bool
	added    []eventstore.RecordedEvent // by the probe

	refused error   // why the log could not be opened
	errors  []error // that told of the damage
	wrong   []string
	seen    bool // by reading the whole log
}

func (p *probe) run() {
	ctx := context.Background()
	before, err := readFiles(p.path)
	if err != nil {
		p.lie("the damaged files cannot be read: %v", err)
		return
	}
	for again := range 2 {
		store, err := sqlite.Open(ctx, sqlite.Config{Path: p.path, ReadOnly: p.readOnly})
		if err != nil {
			p.noticed("open", err)
			if again == 0 {
				p.refused = err
				p.requireUnchanged(before)
			}
			return
		}
		p.use(ctx, store, again == 0)
		if err := store.Close(); err != nil {
			p.noticed("close", err)
		}
		if p.readOnly {
			return
		}
	}
}

// use reads everything, appends, and reads again.
func (p *probe) use(ctx context.Context, store *sqlite.Store, appends bool) {
	if id, err := store.LogID(ctx); err != nil {
		p.noticed("the id of the log", err)
	} else if id != p.log.id {
		p.lie("the id of the log is %s, want %s", id, p.log.id)
	}
	if appends {
		p.read(ctx, store)
		if p.readOnly {
			return
		}
		p.append(ctx, store)
	}
	p.readLog(ctx, store)
	for _, e := range p.added {
		p.readStream(ctx, store, e.Stream)
	}
}

func (p *probe) read(ctx context.Context, store *sqlite.Store) {
	p.readLog(ctx, store)
	for _, name := range p.log.names {
		p.readStream(ctx, store, name)
	}
	all := p.all()
	for range 4 { // from anywhere, chosen by a filter
		at := p.rng.IntN(len(all))
		filter, match := eventstore.Filter{}, func(eventstore.RecordedEvent) bool { return true }
		if prefix := all[at].Stream[:4]; p.rng.IntN(2) == 0 {
			filter = eventstore.Filter{StreamPrefixes: []string{prefix}}
			match = func(e eventstore.RecordedEvent) bool { return strings.HasPrefix(e.Stream, prefix) }
		}
		from := all[at].Position
		p.compare("read the log after "+from.String(), store.ReadAll(ctx, from, eventstore.Forwards, filter),
			chosen(all[at+1:], match))
		p.compare("read the log before "+from.String(), store.ReadAll(ctx, from, eventstore.Backwards, filter),
			reversed(chosen(all[:at], match)))
	}
	p.subscribe(ctx, store, p.rng.IntN(len(all)))
	for _, absent := range []string{"nobody-1", p.log.names[p.rng.IntN(len(p.log.names))] + "-"} {
		for _, dir := range []eventstore.Direction{eventstore.Forwards, eventstore.Backwards} {
			p.answer("read absent stream "+absent, last(store.ReadStream(ctx, absent, 0, dir)), eventstore.ErrStreamNotFound)
		}
	}
}

func (p *probe) readLog(ctx context.Context, store *sqlite.Store) {
	start, every, before := eventstore.Position{}, eventstore.Filter{}, len(p.errors)
	p.compare("read the log forwards", store.ReadAll(ctx, start, eventstore.Forwards, every), p.all())
	p.seen = p.seen || len(p.errors) > before
	p.compare("read the log backwards", store.ReadAll(ctx, start, eventstore.Backwards, every), reversed(p.all()))
}

func (p *probe) readStream(ctx context.Context, store *sqlite.Store, name string) {
	want := p.stream(name)
	p.compare("read stream "+name, store.ReadStream(ctx, name, 0, eventstore.Forwards), want)
	from := p.rng.Int64N(int64(len(want)) + 1) // one beyond the end as well
	switch p.rng.IntN(3) {
	case 0:
		p.compare(fmt.Sprintf("read stream %s from %d", name, from),
			store.ReadStream(ctx, name, from, eventstore.Forwards), want[from:])
	case 1:
		from = math.MaxInt64
		fallthrough
	default:
		p.compare(fmt.Sprintf("read stream %s back from %d", name, from),
			store.ReadStream(ctx, name, from, eventstore.Backwards), reversed(want[:min(from, int64(len(want))-1)+1]))
	}
}

// subscribe reads from a checkpoint until it has caught up.
func (p *probe) subscribe(ctx context.Context, store *sqlite.Store, at int) {
	all := p.all()
	want, i := all[at+1:], 0
	for m, err := range store.Subscribe(ctx, all[at].Position, eventstore.Filter{}) {
		switch {
		case err != nil:
			p.noticed("subscribe", err)
			return
		case m.Kind == eventstore.KindEvent && (i == len(want) || !same(m.Event, want[i])):
			p.lie("the subscription yields event %d of %s at %s, which is wrong there", m.Event.Revision, m.Event.Stream, m.Position)
			return
		case m.Kind == eventstore.KindEvent:
			i++
		case m.Kind == eventstore.KindCaughtUp:
			if i != len(want) || m.Position != all[len(all)-1].Position {
				p.lie("the subscription has caught up at %s, after %d of %d events", m.Position, i, len(want))
			}
			return
		}
	}
	p.lie("the subscription ended by itself")
}

func (p *probe) append(ctx context.Context, store *sqlite.Store) {
	name := p.log.names[p.rng.IntN(len(p.log.names))]
	stream := p.stream(name)
	end := stream[len(stream)-1]
	before := eventstore.Exactly(end.Revision - 1)
	repeated := eventstore.EventData{ID: end.ID, Type: end.Type, Data: end.Data, Metadata: end.Metadata}
	result, err := store.Append(ctx, name, before, repeated)
	if err != nil {
		p.noticed("repeat the last append to "+name, err)
	} else if result.Revision != end.Revision || result.Position != end.Position {
		p.lie("the repeat of event %d of %s gives %v", end.Revision, name, result)
	}
	for _, expected := range []eventstore.ExpectedRevision{before, eventstore.Exactly(end.Revision + 1)} {
		_, err = store.Append(ctx, name, expected, newEvent(0))
		p.answer("append to "+name+" expecting "+expected.String(), err, eventstore.ErrConflict)
		if conflict := (*eventstore.ConflictError)(nil); errors.As(err, &conflict) && conflict.Actual != end.Revision {
			p.lie("the conflict says that %s is at %d, want %d", name, conflict.Actual, end.Revision)
		}
	}
	p.add(ctx, store, name, eventstore.Exactly(end.Revision))
	p.add(ctx, store, "fresh-"+name, eventstore.NoStream)
	p.add(ctx, store, p.log.names[p.rng.IntN(len(p.log.names))], eventstore.Any)
}

// add appends one event, which all later answers must hold when it was acknowledged.
func (p *probe) add(ctx context.Context, store *sqlite.Store, name string, expected eventstore.ExpectedRevision) {
	event := newEvent(len(p.added))
	result, err := store.Append(ctx, name, expected, event)
	if err != nil {
		p.noticed("append to "+name, err)
		return
	}
	recorded := eventstore.RecordedEvent{
		Stream: name, Revision: int64(len(p.stream(name))), Position: eventstore.NewPosition(uint64(len(p.all())+1), 0),
		ID: event.ID, Type: event.Type, Data: event.Data, Metadata: event.Metadata,
	}
	if len(p.errors) > 0 && result.Position.After(recorded.Position) {
		recorded.Position = result.Position // behind an event that was put in and is damaged
	}
	if result.Revision != recorded.Revision || result.Position != recorded.Position {
		p.lie("the event appended to %s is said to be event %d at %s, want %d at %s",
			name, result.Revision, result.Position, recorded.Revision, recorded.Position)
	}
	p.added = append(p.added, recorded)
}

func (p *probe) all() []eventstore.RecordedEvent {
	return append(slices.Clip(p.log.events), p.added...)
}

func (p *probe) stream(name string) []eventstore.RecordedEvent {
	events := p.log.streams[name]
	return append(slices.Clip(events), chosen(p.added, func(e eventstore.RecordedEvent) bool {
		return e.Stream == name
	})...)
}

// compare accepts what is wanted, or its beginning and an error that names what is wrong.
func (p *probe) compare(what string, got iter.Seq2[eventstore.RecordedEvent, error], want []eventstore.RecordedEvent) {
	i := 0
	for e, err := range got {
		switch {
		case err != nil:
			p.noticed(what, err)
			return
		case i == len(want):
			p.lie("%s: there is one more, event %d of %s at %s", what, e.Revision, e.Stream, e.Position)
			return
		case !same(e, want[i]):
			p.lie("%s: event %d of %s at %s is not what was written at %s", what, e.Revision, e.Stream, e.Position, want[i].Position)
			return
		}
		i++
	}
	if i < len(want) {
		p.lie("%s: it ends after %d of %d events", what, i, len(want))
	}
}

// answer accepts the error that a sound log gives, or one that tells of damage.
func (p *probe) answer(what string, err, want error) {
	switch {
	case err == nil:
		p.lie("%s: no error, want %q", what, want)
	case !errors.Is(err, want):
		p.noticed(what, err)
	}
}

// noticed demands that an error has the sentinel by which a caller knows damage, and says where it is.
func (p *probe) noticed(what string, err error) {
	named := errors.Is(err, eventstore.ErrCorrupt) || errors.Is(err, sqlite.ErrNotALog) || errors.Is(err, sqlite.ErrNewerSchema) ||
		errors.Is(err, eventstore.ErrDenied) || errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, fs.ErrNotExist)
	wrong := errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrStreamNotFound)
	placed := strings.Contains(err.Error(), p.path) || strings.Contains(err.Error(), `stream "`) ||
		strings.Contains(err.Error(), "position ") || strings.Contains(err.Error(), "read the log")
	if !named || wrong || !placed {
		p.lie("%s: the error names nothing: %v", what, err)
		return
	}
	p.errors = append(p.errors, fmt.Errorf("%s: %w", what, err))
}

func (p *probe) lie(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
}

// requireUnchanged holds a log that was refused to what it was before.
func (p *probe) requireUnchanged(before files) {
	after, err := readFiles(p.path)
	if err != nil {
		p.lie("the refused files cannot be read: %v", err)
	}
	for _, name := range []string{"", walFile, markFile} {
		if !bytes.Equal(before[name], after[name]) {
			p.lie("events.db%s was refused with %v, and changed", name, p.refused)
		}
	}
}

func same(got, want eventstore.RecordedEvent) bool {
	timely := want.RecordedAt.IsZero() || got.RecordedAt.Equal(want.RecordedAt)
	return timely && got.Stream == want.Stream && got.Revision == want.Revision && got.Position == want.Position &&
		got.ID == want.ID && got.Type == want.Type && bytes.Equal(got.Data, want.Data) && bytes.Equal(got.Metadata, want.Metadata)
}

func chosen(events []eventstore.RecordedEvent, match func(eventstore.RecordedEvent) bool) (some []eventstore.RecordedEvent) {
	for _, e := range events {
		if match(e) {
			some = append(some, e)
		}
	}
	return some
}

func reversed(events []eventstore.RecordedEvent) []eventstore.RecordedEvent {
	backwards := make([]eventstore.RecordedEvent, 0, len(events))
	for i := range events {
		backwards = append(backwards, events[len(events)-1-i])
	}
	return backwards
}

func last[T any](seq iter.Seq2[T, error]) (err error) {
	for _, err = range seq {
		continue
	}
	return err
}
