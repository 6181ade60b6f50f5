package saga

import (
	"container/heap"
	"time"
)

// timers holds at most one instant per saga, the earliest first. It belongs to one goroutine.
type timers struct {
	byRef map[Ref]*timerItem
	heap  timerHeap
}

type timerItem struct {
	ref   Ref
	at    time.Time
	index int
}

func newTimers() *timers { return &timers{byRef: map[Ref]*timerItem{}} }

// set replaces the instant of a saga; the zero instant removes it.
func (t *timers) set(ref Ref, at time.Time) {
	item := t.byRef[ref]
	switch {
	case item == nil && at.IsZero():
	case item == nil:
		item = &timerItem{ref: ref, at: at}
		t.byRef[ref] = item
		heap.Push(&t.heap, item)
	case at.IsZero():
		heap.Remove(&t.heap, item.index)
		delete(t.byRef, ref)
	default:
		item.at = at
		heap.Fix(&t.heap, item.index)
	}
}

// next returns the earliest instant; ok is false when there is none.
func (t *timers) next() (at time.Time, ok bool) {
	if len(t.heap) == 0 {
		return time.Time{}, false
	}
	return t.heap[0].at, true
}

// pop removes and returns a saga whose instant is not after now; ok is false when there is none.
func (t *timers) pop(now time.Time) (ref Ref, ok bool) {
	if len(t.heap) == 0 || t.heap[0].at.After(now) {
		return Ref{}, false
	}
	item := heap.Pop(&t.heap).(*timerItem)
	delete(t.byRef, item.ref)
	return item.ref, true
}

type timerHeap []*timerItem

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timerHeap) Push(x any) {
	item := x.(*timerItem)
	item.index = len(*h)
	*h = append(*h, item)
}

func (h *timerHeap) Pop() any {
	old := *h
	item := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return item
}
