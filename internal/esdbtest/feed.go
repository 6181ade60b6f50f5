package esdbtest

import (
	"errors"
	"math"
)

// allFeed is a subscription's way through $all.
type allFeed struct {
	filter  filter
	sent    position // the last event or checkpoint
	next    position // of the history
	counter int
}

func newAllFeed(r request, v view) *allFeed {
	f := &allFeed{filter: r.filter, sent: r.position}
	if r.start {
		f.sent = position{}
	} else if r.end {
		f.sent = v.newest()
	}
	return f
}

func (f *allFeed) behind(v view) bool { return f.sent.compare(v.newest()) < 0 }

func (f *allFeed) rewind() { f.next, f.counter = f.sent, 0 }

// page counts what was looked at, and owes a checkpoint when that is enough, and at the end: where this part began, if
// no event was later.
func (f *allFeed) page(v view) ([]*record, *position, bool, error) {
	p, err := v.forwards(f.next, pageSize, f.filter.window, f.filter)
	if err != nil {
		return nil, nil, false, err
	}
	f.next = p.next
	var due *position
	if f.counter += p.considered; p.end || f.filter.interval > 0 && f.counter >= f.filter.interval {
		due = &p.from
	}
	if f.filter.interval > 0 {
		f.counter %= f.filter.interval
	}
	return p.records, due, p.end, nil
}

func (f *allFeed) wants(r *record) bool { return f.filter.passes(r) }

func (f *allFeed) passed(r *record) bool { return r.position().compare(f.sent) <= 0 }

func (f *allFeed) delivered(r *record) { f.sent = r.position() }

func (f *allFeed) at() position { return f.sent }

func (f *allFeed) advance(p position) { f.sent = p }

// streamFeed is a subscription's way through one stream.
type streamFeed struct {
	stream string
	sent   int64
	next   int64
}

func newStreamFeed(r request, v view) *streamFeed {
	f := &streamFeed{stream: r.stream, sent: r.number}
	if r.start {
		f.sent = -1
	} else if r.end {
		f.sent = v.last(r.stream)
	}
	return f
}

func (f *streamFeed) behind(v view) bool { return f.sent < v.last(f.stream) }

func (f *streamFeed) rewind() {
	f.next = f.sent
	if f.next < math.MaxInt64 {
		f.next++
	}
}

func (f *streamFeed) page(v view) ([]*record, *position, bool, error) {
	some, err := v.streamPage(f.stream, f.next, false, pageSize)
	if errors.Is(err, errNoStream) {
		return nil, nil, true, nil
	}
	if len(some) > 0 {
		f.next = some[len(some)-1].number + 1
	}
	return some, nil, len(some) < pageSize, err
}

func (f *streamFeed) wants(r *record) bool { return r.stream == f.stream }

func (f *streamFeed) passed(r *record) bool { return r.number <= f.sent }

func (f *streamFeed) delivered(r *record) { f.sent = r.number }

// at and advance have no meaning in a stream, which has no checkpoints.
func (f *streamFeed) at() position { return position{} }

func (f *streamFeed) advance(position) {}
