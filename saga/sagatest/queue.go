package sagatest

import "time"

// queue is what is going to happen, in the order of the instants, and of the calls where they are equal: a binary heap.
type queue struct {
	items  []happening
	last   uint64
	chores int // of the items
}

type happening struct {
	at      time.Time
	seconds int64 // of at, and its nanoseconds: to compare
	nanos   int
	number  uint64
	chore   bool // it goes on for ever, and nobody waits for it
	happen  func()
}

func (h *happening) before(other *happening) bool {
	switch {
	case h.seconds != other.seconds:
		return h.seconds < other.seconds
	case h.nanos != other.nanos:
		return h.nanos < other.nanos
	}
	return h.number < other.number
}

func (q *queue) add(at time.Time, happen func()) { q.put(at, false, happen) }

func (q *queue) addChore(at time.Time, happen func()) {
	q.chores++
	q.put(at, true, happen)
}

func (q *queue) put(at time.Time, chore bool, happen func()) {
	q.last++
	q.items = append(q.items, happening{
		at: at, seconds: at.Unix(), nanos: at.Nanosecond(), number: q.last, chore: chore, happen: happen,
	})
	q.up()
}

// up brings the last item to its place.
func (q *queue) up() {
	for i := len(q.items) - 1; i > 0; {
		up := (i - 1) / 2
		if !q.items[i].before(&q.items[up]) {
			return
		}
		q.items[i], q.items[up] = q.items[up], q.items[i]
		i = up
	}
}

func (q *queue) next() (happening, bool) {
	if len(q.items) == 0 {
		return happening{}, false
	}
	first, last := q.items[0], len(q.items)-1
	if first.chore {
		q.chores--
	}
	q.items[0] = q.items[last]
	q.items[last] = happening{}
	q.items = q.items[:last]
	for i := 0; ; {
		least := i
		for down := 2*i + 1; down <= 2*i+2 && down < last; down++ {
			if q.items[down].before(&q.items[least]) {
				least = down
			}
		}
		if least == i {
			return first, true
		}
		q.items[i], q.items[least] = q.items[least], q.items[i]
		i = least
	}
}

// postpone lets all chores happen later, so that they come as long after the first of the others as they would have come
// after an instant, and returns by how much. It is 0 when there are no others.
func (q *queue) postpone(from time.Time) time.Duration {
	items := q.items
	var first *happening
	for i := range items {
		if !items[i].chore && (first == nil || items[i].before(first)) {
			first = &items[i]
		}
	}
	if first == nil || !first.at.After(from) {
		return 0
	}
	by := first.at.Sub(from)
	q.items = make([]happening, 0, cap(items))
	for _, h := range items {
		if h.chore {
			h.at = h.at.Add(by)
			h.seconds, h.nanos = h.at.Unix(), h.at.Nanosecond()
		}
		q.items = append(q.items, h)
		q.up()
	}
	return by
}
