package sqlite

import (
	"sync"

	"github.com/skaldgo/skald/eventstore"
)

// Limits of one transaction.
const (
	maxBatchAppends = 4_096
	maxBatchBytes   = 16 << 20
)

// request is one append on its way through the writer.
type request struct {
	stream   string
	expected eventstore.ExpectedRevision
	events   []eventstore.EventData
	size     int

	taken, withdrawn bool            // guarded by queue.mu
	bound            <-chan struct{} // closed when the writer needs the arguments no more; set when taken

	done   chan struct{} // one send, when result and err stand
	result eventstore.AppendResult
	err    error
}

// queue holds the appends that wait for the writer.
type queue struct {
	mu      sync.Mutex
	waiting []*request
	refusal error         // set for good when closed
	wake    chan struct{} // holds one token when the writer should look
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) push(r *request) error {
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

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// withdraw takes an append back unless the writer has it; then the store no longer refers to its arguments.
func (q *queue) withdraw(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.taken {
		return false
	}
	r.withdrawn = true
	r.events = nil
	return true
}

// take moves what waits into batch, in order, as far as one transaction should hold. The channel will be closed when
// the arguments are needed no more.
func (q *queue) take(batch []*request, bound <-chan struct{}) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	size, n := 0, 0
	for _, r := range q.waiting {
		if len(batch) == maxBatchAppends || size > maxBatchBytes {
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

// fail ends everything that waits with an error, nothing of it having been stored.
func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.waiting {
		if !r.withdrawn {
			r.taken = true // too late to withdraw
			r.err = err
			r.done <- struct{}{}
		}
	}
	clear(q.waiting)
	q.waiting = q.waiting[:0]
}

// close refuses every later append, and those that wait, with one error. The first error stays.
func (q *queue) close(refusal error) {
	q.mu.Lock()
	if q.refusal == nil {
		q.refusal = refusal
	}
	refusal = q.refusal
	q.mu.Unlock()
	q.fail(refusal)
	q.signal()
}

func (q *queue) closed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.refusal != nil
}
