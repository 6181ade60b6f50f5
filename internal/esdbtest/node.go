package esdbtest

import (
	"context"
	"fmt"
	"math"
	"net"
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

// Node is one server of a cluster. Its methods are safe for concurrent use.
type Node struct {
	cluster *Cluster
	index   int
	port    int // does not change when New has returned

	// What follows is guarded by the cluster.
	running *running
	cut     bool   // nothing goes between it and the other nodes
	stale   bool   // it was the leader when it was cut off, and believes that it still is
	held    bool   // it shows nothing that was committed after seen
	seen    uint64 // only with held
}

// running is a node between its start and its end.
type running struct {
	listener *listener
	server   *grpc.Server
	stopping chan struct{} // closed when the node is about to end
	served   chan struct{} // closed when it accepts no more
}

// Address returns the host and port on which the node listens. It stays the same when the node is started again.
func (n *Node) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.port)) }

// Leader reports whether the node takes writes.
func (n *Node) Leader() bool {
	n.cluster.mu.Lock()
	defer n.cluster.mu.Unlock()
	return n.cluster.leader == n.index
}

// Start starts a node that was killed. It follows the leader; if there is none, one is elected. It does nothing to a node
// that runs.
func (n *Node) Start() error {
	c := n.cluster
	c.admin.Lock()
	defer c.admin.Unlock()
	if n.now() != nil {
		return nil
	}
	l, err := n.listen()
	if err != nil {
		return err
	}
	n.serve(l)
	c.settle()
	return nil
}

// Kill ends a node at once: its connections break, and what it led and was not committed is lost. It returns when
// everything that the node started has ended, and does nothing to a node that does not run.
func (n *Node) Kill() {
	c := n.cluster
	c.admin.Lock()
	defer c.admin.Unlock()
	n.kill()
	c.settle()
}

// DropConnections breaks all connections to the node, which goes on accepting new ones.
func (n *Node) DropConnections() { n.dropConnections("") }

// Hold keeps the node from showing what is committed from now on, as a follower does that lags behind, until Release.
func (n *Node) Hold() {
	n.cluster.mu.Lock()
	defer n.cluster.mu.Unlock()
	n.hold()
}

// Release lets the node show everything.
func (n *Node) Release() {
	n.cluster.mu.Lock()
	defer n.cluster.mu.Unlock()
	n.held = false
	n.cluster.journal.wake()
}

// Partition cuts the node off from the other nodes, but not from clients: it goes on serving reads of what it had, and
// writes to it end with Aborted, after Config.CommitTimeout, and are not applied. If it was the leader it goes on
// believing so, and another one is elected.
func (n *Node) Partition() {
	c := n.cluster
	c.admin.Lock()
	defer c.admin.Unlock()
	c.mu.Lock()
	n.cut, n.stale = true, c.leader == n.index
	n.hold()
	c.mu.Unlock()
	c.settle()
}

// Heal ends Partition and Hold.
func (n *Node) Heal() {
	c := n.cluster
	c.admin.Lock()
	defer c.admin.Unlock()
	c.mu.Lock()
	n.cut, n.stale, n.held = false, false, false
	c.mu.Unlock()
	c.settle()
	c.journal.wake()
}

func (n *Node) hold() {
	if !n.held {
		n.held, n.seen = true, n.cluster.journal.limit()
	}
}

func (n *Node) listen() (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", n.Address())
	if err != nil {
		return nil, fmt.Errorf("start node %d: %w", n.index, err)
	}
	return l, nil
}

// serve starts the node, with the administration locked.
func (n *Node) serve(l net.Listener) {
	r := &running{
		listener: newListener(l), server: grpc.NewServer(n.options()...),
		stopping: make(chan struct{}), served: make(chan struct{}),
	}
	streams.RegisterStreamsServer(r.server, &streamsService{node: n})
	gossip.RegisterGossipServer(r.server, &gossipService{node: n})
	serverfeatures.RegisterServerFeaturesServer(r.server, &featuresService{node: n})
	persistent.RegisterPersistentSubscriptionsServer(r.server, &persistentService{node: n})
	c := n.cluster
	c.mu.Lock()
	n.running, n.cut, n.stale, n.held = r, false, false, false
	c.mu.Unlock()
	go func() {
		defer close(r.served)
		_ = r.server.Serve(r.listener) // ends when the server is stopped
	}()
}

func (n *Node) options() []grpc.ServerOption {
	options := []grpc.ServerOption{
		grpc.WaitForHandlers(true),
		grpc.MaxRecvMsgSize(16 << 20),
		// Clients of EventStoreDB ask more often whether the server is there than gRPC takes by default.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 1, PermitWithoutStream: true}),
	}
	if n.cluster.tls != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(n.cluster.tls)))
	}
	return options
}

// kill ends the node, with the administration locked.
func (n *Node) kill() {
	c := n.cluster
	c.mu.Lock()
	r := n.running
	n.running = nil
	if c.leader == n.index {
		c.leader = nobody
		c.journal.lose()
	}
	c.mu.Unlock()
	if r == nil {
		return
	}
	close(r.stopping)
	r.server.Stop()
	<-r.served
}

func (n *Node) now() *running {
	n.cluster.mu.Lock()
	defer n.cluster.mu.Unlock()
	return n.running
}

// stopping returns what is closed when the node is about to end.
func (n *Node) stopping() <-chan struct{} {
	if r := n.now(); r != nil {
		return r.stopping
	}
	ended := make(chan struct{})
	close(ended)
	return ended
}

func (n *Node) dropConnections(from string) {
	if r := n.now(); r != nil {
		r.listener.drop(from)
	}
}

// view returns what the node shows of the log. The journal is not locked, and is on return.
func (n *Node) view() view {
	n.cluster.mu.Lock()
	limit := uint64(math.MaxUint64)
	if n.held {
		limit = n.seen
	}
	n.cluster.mu.Unlock()
	n.cluster.journal.mu.Lock()
	return view{n.cluster.journal, min(limit, n.cluster.journal.committed)}
}
