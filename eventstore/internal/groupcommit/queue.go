package groupcommit

import (
	"context"
	"fmt"
	"sync"

	"github.com/skaldgo/skald/eventstore"
)

// Limits of one transaction.
const (
	maxAppends = 4_096
	maxBytes   = 16 << 20
)

// Queue holds the appends that wait for the writer.
type Queue struct {
	mu      sync.Mutex
	waiting []*Request
	refusal error         // set for good when closed
	wake    chan struct{} // holds one token when the writer should look
}

// New returns an empty queue.
func New() *Queue { return &Queue{wake: make(chan struct{}, 1)} }

// Append waits until the writer has dealt with the append. A context that ends before the writer took it withdraws it,
// with the context's error; after that it gives ErrIndeterminate, wrapping that error. The caller may use the events'
// slices again once it returns. The arguments have been validated.
func (q *Queue) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision, events []eventstore.EventData,
) (eventstore.AppendResult, error) {
	if err := ctx.Err(); err != nil {
		return eventstore.AppendResult{}, err
	}
	r := newRequest(stream, expected, events)
	if err := q.push(r); err != nil {
		return eventstore.AppendResult{}, err
	}
	select {
	case <-r.done:
		return r.Result, r.Err
	case <-ctx.Done():
	}
	if q.withdraw(r) {
		return eventstore.AppendResult{}, ctx.Err()
	}
	select {
	case <-r.done:
		return r.Result, r.Err
	case <-r.bound:
	}
	select {
	case <-r.done:
		return r.Result, r.Err
	default:
		return eventstore.AppendResult{}, fmt.Errorf("append to %q: %w: %w", stream, eventstore.ErrIndeterminate, ctx.Err())
	}
}

// Wake returns the channel on which the writer waits for something to do. After each token it should Take, and see
// whether the queue is Closed.
func (q *Queue) Wake() <-chan struct{} { return q.wake }

func (q *Queue) push(r *Request) error {
	q.mu.Lock()
	if q.refusal != nil {
		q.mu.Unlock()
		return q.refusal
	}
	q.waiting = append(q.waiting, r)
	first := len(q.waiting) == 1
	q.mu.Unlock()
	if first {
		q.signal()
	}
	return nil
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// withdraw takes an append back unless the writer has it; then the queue no longer refers to its arguments.
func (q *Queue) withdraw(r *Request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.taken {
		return false
	}
	r.withdrawn = true
	r.Events = nil
	return true
}

// Take moves what waits into batch, in order, as far as one transaction should hold, and leaves a token when more waits.
// The writer closes bound when it needs the arguments no more, and calls Done on each request.
func (q *Queue) Take(batch []*Request, bound <-chan struct{}) []*Request {
	q.mu.Lock()
	defer q.mu.Unlock()
	size, n := 0, 0
	for _, r := range q.waiting {
		if len(batch) == maxAppends || size > maxBytes {
			break
		}
		n++
		if r.withdrawn {
			continue
		}
		r.taken, r.bound = true, bound
		size += r.size
		batch = append(batch, r)
	}
	rest := copy(q.waiting, q.waiting[n:])
	clear(q.waiting[rest:])
	q.waiting = q.waiting[:rest]
	if rest > 0 {
		q.signal()
	}
	return batch
}

// Fail ends everything that waits with an error, nothing of it having been stored.
func (q *Queue) Fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.waiting {
		if !r.withdrawn {
			r.taken = true // too late to withdraw
			r.Err = err
			r.Done()
		}
	}
	clear(q.waiting)
	q.waiting = q.waiting[:0]
}

// Close refuses every later append, and those that wait, with one error. The first error stays.
func (q *Queue) Close(refusal error) {
	q.mu.Lock()
	if q.refusal == nil {
		q.refusal = refusal
	}
	refusal = q.refusal
	q.mu.Unlock()
	q.Fail(refusal)
	q.signal()
}

// Closed reports whether Close was called.
func (q *Queue) Closed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.refusal != nil
}
