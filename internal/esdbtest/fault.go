package esdbtest

import (
	"context"
	"time"

	"google.golang.org/grpc/peer"
)

// Method names what a call asks for.
type Method string

// The methods that a call can have. Subscribe is a read that does not end.
const (
	Append    Method = "Append"
	Delete    Method = "Delete"
	Tombstone Method = "Tombstone"
	Read      Method = "Read"
	Subscribe Method = "Subscribe"
	Gossip    Method = "Gossip"
	Features  Method = "Features"
)

// Call is a call that a node was asked to serve.
type Call struct {
	Node   int
	Method Method
	Stream string // $all for a read of everything, empty for Gossip and Features
	Number int    // counts the calls to all nodes, from 1
}

// Fault is what goes wrong with one call. The zero Fault is that nothing does. Of several, they happen in the order of the
// fields.
type Fault struct {
	// Hang keeps the call from being served or answered, until the caller gives up or the node is killed.
	Hang bool

	// Delay is how long the call lies about before it is served.
	Delay time.Duration

	// Disconnect closes the connection by which the call came: before it is served; with DropReply after what it asked
	// for is committed; with Cut after as many events, of which the last may be lost on the way.
	Disconnect bool

	// Refuse is answered instead of serving the call.
	Refuse error

	// NotLeader is answered, with the endpoint of the leader, even by the leader itself.
	NotLeader bool

	// CommitDelay is how long a write, once it is in the log of the leader, takes to be committed. Writes behind it wait
	// too. It is lost when the leader is. It is not answered before, so it gives the caller Aborted after
	// Config.CommitTimeout and is committed nevertheless.
	CommitDelay time.Duration

	// CommitOn keeps a write from being committed until it is closed. The rest is as with CommitDelay.
	CommitOn <-chan struct{}

	// DropReply keeps a write that was committed from being answered, until the caller gives up.
	DropReply bool

	// After is answered instead of the outcome of a write that was committed.
	After error

	// Cut ends a read or a subscription with this error, after CutAfter events.
	Cut      error
	CutAfter int
}

// Inject lets a function decide about every call from now on what goes wrong with it. It is called by many goroutines at
// the same time, and not with anything locked. Nil ends all faults.
func (c *Cluster) Inject(decide func(Call) Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inject = decide
}

func (n *Node) fault(method Method, stream string) Fault {
	c := n.cluster
	c.mu.Lock()
	c.calls++
	decide, call := c.inject, Call{Node: n.index, Method: method, Stream: stream, Number: c.calls}
	c.mu.Unlock()
	if decide == nil {
		return Fault{}
	}
	return decide(call)
}

// before is the part of a fault that strikes before the call is served.
func (n *Node) before(ctx context.Context, f Fault) error {
	if f.Hang {
		return n.hang(ctx)
	}
	if err := n.pause(ctx, f.Delay); err != nil {
		return err
	}
	if f.Disconnect && !f.DropReply && f.Cut == nil {
		n.disconnect(ctx)
		return Unavailable()
	}
	if f.Refuse != nil {
		return f.Refuse
	}
	if f.NotLeader {
		return errNotLeader(n.cluster.leaderAddress())
	}
	return nil
}

// after is the part of a fault that strikes when a write is committed.
func (n *Node) after(ctx context.Context, f Fault) error {
	if f.DropReply {
		if f.Disconnect {
			n.disconnect(ctx)
		}
		return n.hang(ctx)
	}
	return f.After
}

// hang waits until the caller or the node is gone.
func (n *Node) hang(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-n.stopping():
		return Unavailable()
	}
}

func (n *Node) pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-n.stopping():
		return Unavailable()
	}
}

func (n *Node) disconnect(ctx context.Context) {
	if p, ok := peer.FromContext(ctx); ok {
		n.dropConnections(p.Addr.String())
	}
}
