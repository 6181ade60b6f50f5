package esdbtest

import (
	"context"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/google/uuid"
)

// version is that of the server whose behaviour is copied.
const version = "25.0.0"

type gossipService struct {
	gossip.UnimplementedGossipServer
	node *Node
}

// Read tells what the node knows about the others.
func (s *gossipService) Read(ctx context.Context, _ *shared.Empty) (*gossip.ClusterInfo, error) {
	if err := s.node.before(ctx, s.node.fault(Gossip, "")); err != nil {
		return nil, reply(ctx, err)
	}
	c := s.node.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	info := &gossip.ClusterInfo{}
	for _, n := range c.nodes {
		info.Members = append(info.Members, &gossip.MemberInfo{
			InstanceId: uuidToWire(uuid.NewSHA1(uuid.Nil, []byte(n.Address()))), TimeStamp: ticks(c.config.Now()),
			State: s.node.state(n), IsAlive: s.node.reaches(n),
			HttpEndPoint: &gossip.EndPoint{Address: "127.0.0.1", Port: uint32(n.port)},
		})
	}
	return info, nil
}

// reaches reports whether a node hears from another one. The cluster is locked.
func (n *Node) reaches(other *Node) bool {
	return other == n || other.running != nil && !other.cut && !n.cut
}

// state returns what a node believes another one, or itself, to be. The cluster is locked.
func (n *Node) state(other *Node) gossip.MemberInfo_VNodeState {
	c := n.cluster
	switch {
	case other.running == nil:
		return gossip.MemberInfo_Shutdown
	case n.cut && other.index == c.leader:
		return gossip.MemberInfo_Follower // it has not heard of the election
	case n.cut && other == n && n.stale, !n.cut && other.index == c.leader:
		return gossip.MemberInfo_Leader
	case !n.cut && c.leader == nobody:
		return gossip.MemberInfo_Unknown
	}
	return gossip.MemberInfo_Follower
}

type featuresService struct {
	serverfeatures.UnimplementedServerFeaturesServer
	node *Node
}

// GetSupportedMethods tells what the server can do.
func (s *featuresService) GetSupportedMethods(ctx context.Context, _ *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	if err := s.node.before(ctx, s.node.fault(Features, "")); err != nil {
		return nil, reply(ctx, err)
	}
	methods := &serverfeatures.SupportedMethods{EventStoreServerVersion: version}
	for _, name := range []string{"read", "append", "delete", "tombstone"} {
		methods.Methods = append(methods.Methods, &serverfeatures.SupportedMethod{
			MethodName: name, ServiceName: "event_store.client.streams.streams",
		})
	}
	methods.Methods = append(methods.Methods,
		&serverfeatures.SupportedMethod{
			MethodName: "create", ServiceName: "event_store.client.persistent_subscriptions.persistentsubscriptions",
			Features: []string{"stream"},
		},
		&serverfeatures.SupportedMethod{MethodName: "read", ServiceName: "event_store.client.gossip.gossip"},
	)
	return methods, nil
}
