package esdbtest

// What a client may expect of a stream besides the number of its last event.
const (
	expectNoStream = -1
	expectAny      = -2
	expectExists   = -4
)

// verdict is what becomes of a write.
type verdict int

const (
	accepted verdict = iota
	repeated         // the same events are there already
	unready          // the same events are there already, and not committed yet
	conflict
	gone // the stream is deleted
)

type decision struct {
	verdict verdict
	current int64 // the number of the last event before the write
	last    int64 // repeated: the number of the last of the events
	revive  bool  // accepted: the stream was soft-deleted, and comes back
}

// decide is the server's table, in the server's order: deleted for ever, then StreamExists, then whether the write is a
// repeated one, then the number. committed is what readers see.
func decide(v, committed view, stream string, expected int64, events []event) decision {
	current := v.last(stream)
	d := decision{verdict: conflict, current: current}
	if current == deletedStream {
		d.verdict = gone
		return d
	}
	if expected == expectExists {
		if v.softDeleted(stream) {
			d.verdict = gone
			return d
		}
		if current < 0 && v.last(metaOf(stream)) < 0 {
			return d
		}
	}
	switch {
	case expected == expectAny || expected == expectExists:
		return decideByCache(v, committed, stream, events, d)
	case expected < current:
		return decideByNumber(v, committed, stream, expected, events, d)
	case expected > current:
		return d
	}
	d.verdict, d.revive = accepted, v.softDeleted(stream)
	return d
}

// decideByCache looks the ids up among the latest events only: the best that can be done without a number.
func decideByCache(v, committed view, stream string, events []event, d decision) decision {
	for i, e := range events {
		number, known := v.j.ids.find(e.id, stream)
		switch {
		case known:
			d.last = number
		case i == 0:
			d.verdict, d.revive = accepted, v.softDeleted(stream)
			return d
		default:
			return d
		}
	}
	if len(events) == 0 {
		d.verdict, d.revive = accepted, v.softDeleted(stream)
		return d
	}
	return d.again(committed, stream)
}

// decideByNumber compares the ids with those of the events that follow the expected one, however old they are.
func decideByNumber(v, committed view, stream string, expected int64, events []event, d decision) decision {
	for i, e := range events {
		number := expected + 1 + int64(i)
		if known, ok := v.j.ids.find(e.id, stream); ok && known == number {
			continue
		}
		if r := v.prepare(stream, number); r != nil && r.id == e.id {
			continue
		}
		if i == 0 && expected == expectNoStream && v.softDeleted(stream) {
			d.verdict, d.revive = accepted, true
		}
		return d
	}
	if len(events) == 0 {
		return d
	}
	d.last = expected + int64(len(events))
	return d.again(committed, stream)
}

func (d decision) again(committed view, stream string) decision {
	d.verdict = unready
	if committed.last(stream) >= d.last {
		d.verdict = repeated
	}
	return d
}

// outcome is what a write is answered with, once it is committed.
type outcome struct {
	decision
	revision int64     // of the last event, -1 when the stream has none
	at       *position // nil when it is not known
	write    *write    // nil when there is nothing to wait for
}

// append writes events to a stream, if they are what the stream expects.
func (j *journal) append(stream string, expected int64, events []event) outcome {
	j.mu.Lock()
	defer j.mu.Unlock()
	committed := view{j, j.committed}
	d := decide(j.written(), committed, stream, expected, events)
	out := outcome{decision: d, revision: d.last}
	switch d.verdict {
	case repeated:
		// The event may be hidden by now, and then its place is not known.
		if r := committed.find(stream, d.last); r != nil {
			at := r.position()
			out.at = &at
		}
		return out
	case accepted:
	case unready, conflict, gone:
		return out
	}
	revivesOriginal := isMeta(stream) && j.written().softDeleted(originalOf(stream))
	at := position{j.end, j.end}
	out.revision = d.current
	for _, e := range events {
		out.revision++
		at = j.put(stream, out.revision, e, false).position()
	}
	if len(events) == 0 {
		j.put(stream, -1, event{}, true)
	}
	if d.revive {
		j.revive(stream, d.current+1)
	}
	if revivesOriginal {
		j.revive(originalOf(stream), j.written().last(originalOf(stream))+1)
	}
	out.at, out.write = &at, j.queue()
	return out
}
