package sagatest

import (
	"container/heap"
	"time"
)

// queue is what is going to happen, in the order of the instants, and of the calls where they are equal.
type queue struct {
	items happenings
	last  uint64
}

type happening struct {
	at     time.Time
	number uint64
	happen func()
}

func (q *queue) add(at time.Time, happen func()) {
	q.last++
	heap.Push(&q.items, happening{at: at, number: q.last, happen: happen})
}

func (q *queue) next() (happening, bool) {
	if len(q.items) == 0 {
		return happening{}, false
	}
	return heap.Pop(&q.items).(happening), true
}

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].number < h[j].number
	}
	return h[i].at.Before(h[j].at)
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	last := len(*h) - 1
	popped := (*h)[last]
	(*h)[last] = happening{}
	*h = (*h)[:last]
	return popped
}
