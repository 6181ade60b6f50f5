package sagatest

import "time"

// queue is what is going to happen, in the order of the instants, and of the calls where they are equal: a binary heap.
type queue struct {
	items []happening
	last  uint64
}

type happening struct {
	at      time.Time
	seconds int64 // of at, and its nanoseconds: to compare
	nanos   int
	number  uint64
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

func (q *queue) add(at time.Time, happen func()) {
	q.last++
	q.items = append(q.items, happening{
		at: at, seconds: at.Unix(), nanos: at.Nanosecond(), number: q.last, happen: happen,
	})
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
