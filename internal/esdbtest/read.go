package esdbtest

import (
	"context"
	"errors"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// request is a read or a subscription, taken from the wire.
type request struct {
	method Method
	stream string // $all for everything
	all    bool
	back   bool
	text   bool // ids are wanted as text
	count  uint64
	filter filter

	start, end bool
	number     int64    // where to begin in a stream, without start and end
	position   position // where to begin in $all, without start and end
}

func newRequest(o *streams.ReadReq_Options) (request, error) {
	r := request{
		method: Read, count: o.GetCount(), back: o.GetReadDirection() == streams.ReadReq_Options_Backwards,
		text: o.GetUuidOption().GetString_() != nil,
	}
	if o.GetSubscription() != nil {
		r.method = Subscribe
	}
	if all := o.GetAll(); all != nil {
		r.stream, r.all = everything, true
		r.start, r.end = all.GetStart() != nil, all.GetEnd() != nil
		r.position = position{all.GetPosition().GetCommitPosition(), all.GetPosition().GetPreparePosition()}
	} else {
		s := o.GetStream()
		r.stream = string(s.GetStreamIdentifier().GetStreamName())
		r.start, r.end = s.GetStart() != nil, s.GetEnd() != nil
		r.number = int64(min(s.GetRevision(), math.MaxInt64))
	}
	if r.stream == "" || r.method == Subscribe && r.back || o.GetFilter() != nil && !r.all {
		return r, errInvalidArgument("The combination of stream, count, direction and filter is invalid.")
	}
	var err error
	if r.filter, err = newFilter(o.GetFilter()); err == nil && r.method == Subscribe && r.filter.set && r.filter.interval == 0 {
		err = errThrown()
	}
	return r, err
}

// Read delivers events, up to the end or for ever.
func (s *streamsService) Read(req *streams.ReadReq, call streams.Streams_ReadServer) error {
	return reply(call.Context(), s.read(req, call))
}

func (s *streamsService) read(req *streams.ReadReq, call streams.Streams_ReadServer) error {
	ctx := call.Context()
	r, err := newRequest(req.GetOptions())
	if err != nil {
		return err
	}
	if err := s.node.authorise(ctx, r.stream); err != nil {
		return err
	}
	fault := s.node.fault(r.method, r.stream)
	if err := s.node.before(ctx, fault); err != nil {
		return err
	}
	if err := s.node.admit(ctx, false); err != nil {
		return err
	}
	out := &delivery{node: s.node, call: call, fault: fault, text: r.text}
	switch {
	case r.method == Subscribe:
		return s.node.subscribe(ctx, r, out)
	case r.all:
		return s.node.readAll(ctx, r, out)
	}
	return s.node.readStream(ctx, r, out)
}

func (n *Node) readAll(ctx context.Context, r request, out *delivery) error {
	from := r.position
	if r.start {
		from = position{}
	} else if r.end {
		v := n.view()
		from = v.head()
		v.j.mu.Unlock()
	}
	for left := r.count; left > 0 && ctx.Err() == nil; {
		v, size := n.view(), int(min(left, pageSize))
		read := v.forwards
		if r.back {
			read = v.backwards
		}
		p, err := read(from, size, r.filter.window, r.filter)
		v.j.mu.Unlock()
		if err != nil {
			return err
		}
		for _, e := range p.records {
			if err := out.event(e); err != nil {
				return err
			}
		}
		left, from = left-uint64(len(p.records)), p.next
		if p.end {
			return out.last()
		}
	}
	return out.last()
}

func (n *Node) readStream(ctx context.Context, r request, out *delivery) error {
	from := r.number
	if r.start {
		from = 0
	} else if r.end {
		from = math.MaxInt64
	}
	for left := r.count; left > 0 && ctx.Err() == nil; {
		size := int(min(left, pageSize))
		v := n.view()
		some, err := v.streamPage(r.stream, from, r.back, size)
		v.j.mu.Unlock()
		if errors.Is(err, errNoStream) {
			return out.send(notFoundToWire(r.stream))
		}
		if err != nil {
			return err
		}
		for _, e := range some {
			if err := out.event(e); err != nil {
				return err
			}
			from = e.number + 1
			if r.back {
				from = e.number - 1
			}
		}
		if left -= uint64(len(some)); len(some) < size || from < 0 {
			break
		}
	}
	return out.last()
}
