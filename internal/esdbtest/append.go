package esdbtest

import (
	"context"
	"errors"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

type streamsService struct {
	streams.UnimplementedStreamsServer
	node *Node
}

// Append takes a stream of messages: first where to, then the events. It refuses them while they come.
func (s *streamsService) Append(call streams.Streams_AppendServer) error {
	resp, err := s.append(call)
	if err != nil {
		return reply(call.Context(), err)
	}
	return call.SendAndClose(resp)
}

func (s *streamsService) append(call streams.Streams_AppendServer) (*streams.AppendResp, error) {
	ctx := call.Context()
	first, err := call.Recv()
	if err != nil {
		return nil, err
	}
	options := first.GetOptions()
	if options == nil {
		return nil, errThrown()
	}
	stream, expected := string(options.GetStreamIdentifier().GetStreamName()), expectation(options)
	if err := s.node.authorise(ctx, stream); err != nil {
		return nil, err
	}
	fault := s.node.fault(Append, stream)
	if err := s.node.before(ctx, fault); err != nil {
		return nil, err
	}
	events, err := s.receive(call)
	if err != nil {
		return nil, err
	}
	out, err := s.node.write(ctx, fault, func(j *journal) outcome { return j.append(stream, expected, events) })
	switch {
	case err != nil:
		return nil, err
	case out.verdict == conflict:
		return conflictToWire(expected, out.current), nil
	case out.verdict == gone:
		return nil, errStreamDeleted(stream)
	}
	return successToWire(out), nil
}

// receive takes the events, and stops as soon as there is something wrong with them.
func (s *streamsService) receive(call streams.Streams_AppendServer) ([]event, error) {
	var events []event
	size, limit := 0, s.node.cluster.config.MaxAppendBytes
	for {
		req, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		proposed := req.GetProposedMessage()
		if proposed == nil {
			return nil, errThrown()
		}
		for _, key := range []string{"type", "content-type"} {
			if _, ok := proposed.GetMetadata()[key]; !ok {
				return nil, errMissingProperty(key)
			}
		}
		e, err := eventFromWire(proposed)
		if err != nil {
			return nil, err
		}
		if size += e.size(); size > limit {
			return nil, errTooLarge(limit)
		}
		events = append(events, e)
	}
}

// write lets the leader do what a call asks for, and waits until it is committed.
func (n *Node) write(ctx context.Context, f Fault, do func(*journal) outcome) (outcome, error) {
	if err := n.admit(ctx, true); err != nil {
		return outcome{}, err
	}
	out := do(n.cluster.journal)
	if out.verdict == unready {
		return out, n.hang(ctx) // the server forgets about it
	}
	if out.write == nil {
		return out, nil
	}
	if err := n.commit(ctx, out.write, f); err != nil {
		return out, err
	}
	return out, n.after(ctx, f)
}

// precondition is what the requests of all writes have in common.
type precondition interface {
	GetRevision() uint64
	GetNoStream() *shared.Empty
	GetAny() *shared.Empty
	GetStreamExists() *shared.Empty
}

func expectation(p precondition) int64 {
	switch {
	case p.GetNoStream() != nil:
		return expectNoStream
	case p.GetAny() != nil:
		return expectAny
	case p.GetStreamExists() != nil:
		return expectExists
	}
	return int64(p.GetRevision())
}

func successToWire(out outcome) *streams.AppendResp {
	success := &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(out.revision)},
		PositionOption:        &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}},
	}
	if out.revision < 0 {
		success.CurrentRevisionOption = &streams.AppendResp_Success_NoStream{NoStream: &shared.Empty{}}
	}
	if out.at != nil {
		success.PositionOption = &streams.AppendResp_Success_Position{Position: &streams.AppendResp_Position{
			CommitPosition: out.at.commit, PreparePosition: out.at.prepare,
		}}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_Success_{Success: success}}
}

// conflictToWire tells what was expected and what is there, in the fields of today and in those of version 20.6.
func conflictToWire(expected, current int64) *streams.AppendResp {
	none, w := &shared.Empty{}, &streams.AppendResp_WrongExpectedVersion{}
	switch expected {
	case expectNoStream:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: none}
	case expectAny:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: none}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_Any_20_6_0{Any_20_6_0: none}
	case expectExists:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: none}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_StreamExists_20_6_0{StreamExists_20_6_0: none}
	default:
		n := uint64(expected)
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: n}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: n}
	}
	if current < 0 {
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: none}
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_NoStream_20_6_0{NoStream_20_6_0: none}
	} else {
		n := uint64(current)
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: n}
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_CurrentRevision_20_6_0{CurrentRevision_20_6_0: n}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: w}}
}
