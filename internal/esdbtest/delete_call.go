package esdbtest

import (
	"context"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// Delete deletes a stream so that it can be revived.
func (s *streamsService) Delete(ctx context.Context, req *streams.DeleteReq) (*streams.DeleteResp, error) {
	o := req.GetOptions()
	at, err := s.node.deletion(ctx, Delete, string(o.GetStreamIdentifier().GetStreamName()), expectation(o))
	if err != nil {
		return nil, reply(ctx, err)
	}
	return &streams.DeleteResp{PositionOption: &streams.DeleteResp_Position_{Position: &streams.DeleteResp_Position{
		CommitPosition: at.commit, PreparePosition: at.prepare,
	}}}, nil
}

// Tombstone deletes a stream for ever.
func (s *streamsService) Tombstone(ctx context.Context, req *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	o := req.GetOptions()
	at, err := s.node.deletion(ctx, Tombstone, string(o.GetStreamIdentifier().GetStreamName()), expectation(o))
	if err != nil {
		return nil, reply(ctx, err)
	}
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{Position: &streams.TombstoneResp_Position{
		CommitPosition: at.commit, PreparePosition: at.prepare,
	}}}, nil
}

func (n *Node) deletion(ctx context.Context, method Method, stream string, expected int64) (position, error) {
	if err := n.authorise(ctx, stream); err != nil {
		return position{}, err
	}
	fault := n.fault(method, stream)
	if err := n.before(ctx, fault); err != nil {
		return position{}, err
	}
	out, err := n.write(ctx, fault, func(j *journal) outcome { return j.delete(stream, expected, method == Tombstone) })
	switch {
	case err != nil:
		return position{}, err
	case out.verdict == conflict:
		return position{}, errWrongVersion(stream, expected, out.current)
	case out.verdict == gone:
		return position{}, errStreamDeleted(stream)
	}
	return *out.at, nil
}
