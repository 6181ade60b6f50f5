package groupcommit

import "github.com/skaldgo/skald/eventstore"

// Request is one append on its way through the writer, which sets Result or Err, and then calls Done.
type Request struct {
	Stream   string
	Expected eventstore.ExpectedRevision
	Events   []eventstore.EventData

	Result eventstore.AppendResult
	Err    error

	size             int
	taken, withdrawn bool            // guarded by the queue
	bound            <-chan struct{} // closed when the writer needs the arguments no more; set when taken
	done             chan struct{}   // one send, when Result and Err stand
}

// Done tells the caller of the append that Result and Err stand. It is called once.
func (r *Request) Done() { r.done <- struct{}{} }

func newRequest(stream string, expected eventstore.ExpectedRevision, events []eventstore.EventData) *Request {
	r := &Request{Stream: stream, Expected: expected, Events: events, done: make(chan struct{}, 1)}
	for i := range events {
		r.size += len(events[i].Data) + len(events[i].Metadata) + len(events[i].Type)
	}
	return r
}
