package esdbtest

import "sort"

// live is the feed of new events of one subscription: a buffer that loses its oldest messages when it overflows.
type live struct {
	wants    func(*record) bool
	interval int      // a checkpoint is due after as many events; 0 for never
	seen     position // of the last event that was looked at
	counted  int      // events since the last checkpoint
	buffer   []message
	numbered uint64 // messages that were put into the buffer
	taken    uint64 // number of the message that was taken last
}

// message is an event or, without one, a checkpoint.
type message struct {
	number     uint64
	gap        bool // messages before it were lost
	record     *record
	checkpoint position
}

func newLive(wants func(*record) bool, interval int, from position) *live {
	return &live{wants: wants, interval: interval, seen: from}
}

// fill looks at what is new. The journal is locked.
func (l *live) fill(v view) {
	all := v.all()
	for _, r := range all[sort.Search(len(all), func(i int) bool { return all[i].position().compare(l.seen) > 0 }):] {
		l.seen = r.position()
		if r.hidden {
			continue
		}
		if l.wants(r) {
			l.push(message{record: r})
		}
		if l.counted++; l.interval > 0 && l.counted == l.interval {
			l.counted = 0
			l.push(message{checkpoint: r.position()})
		}
	}
}

func (l *live) push(m message) {
	l.numbered++
	m.number = l.numbered
	if l.buffer = append(l.buffer, m); len(l.buffer) > pageSize {
		l.buffer = l.buffer[1:]
	}
}

// take returns the oldest message, if there is one.
func (l *live) take() (message, bool) {
	if len(l.buffer) == 0 {
		return message{}, false
	}
	m := l.buffer[0]
	l.buffer = l.buffer[1:]
	m.gap = m.number != l.taken+1
	l.taken = m.number
	return m, true
}
