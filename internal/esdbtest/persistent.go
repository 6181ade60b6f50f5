package esdbtest

import (
	"context"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"google.golang.org/grpc/codes"
)

// persistentService knows which groups were created, and no more: it is there for clients that create a group to find
// out whether there is a leader.
type persistentService struct {
	persistent.UnimplementedPersistentSubscriptionsServer
	node *Node
}

// Create creates a group on a stream. Only the leader does, whether it is asked for or not.
func (s *persistentService) Create(ctx context.Context, req *persistent.CreateReq) (*persistent.CreateResp, error) {
	return &persistent.CreateResp{}, reply(ctx, s.create(ctx, req))
}

func (s *persistentService) create(ctx context.Context, req *persistent.CreateReq) error {
	stream := string(req.GetOptions().GetStream().GetStreamIdentifier().GetStreamName())
	if err := s.node.authorise(ctx, stream); err != nil {
		return err
	}
	if stream == "" {
		return answerOf(codes.Unimplemented, "groups on $all are not there")
	}
	if !s.node.Leader() {
		return errNotLeader(s.node.cluster.leaderAddress())
	}
	c, group := s.node.cluster, req.GetOptions().GetGroupName()
	c.mu.Lock()
	defer c.mu.Unlock()
	name := stream + "::" + group
	if c.groups[name] {
		return answerOf(codes.AlreadyExists, fmt.Sprintf("Subscription group %s on stream %s exists.", group, stream),
			"exception", "persistent-subscription-exists", "stream-name", stream, "group-name", group)
	}
	c.groups[name] = true
	return nil
}
