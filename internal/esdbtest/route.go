package esdbtest

import (
	"context"
	"time"

	"google.golang.org/grpc/metadata"
)

// route says who answers a call that came to a node.
type route int

const (
	served   route = iota // by the leader: the node itself, or the one that it passes the call on to
	local                 // by the node itself, with what it has of the log
	severed               // by nobody, since what the node would have to talk to is cut off
	unled                 // by nobody, since there is no leader
	redirect              // by nobody: the caller wants the leader, and is told where it is
)

func requiresLeader(ctx context.Context) bool {
	md, _ := metadata.FromIncomingContext(ctx)
	wanted := md.Get("requires-leader")
	return len(wanted) > 0 && wanted[0] == "true"
}

func (n *Node) route(ctx context.Context, writes bool) route {
	c := n.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case writes && n.cut:
		return severed
	case n.cut && (n.stale || !requiresLeader(ctx)):
		return local
	case n.cut || c.leader == nobody:
		return unled
	case c.leader == n.index:
		return served
	case requiresLeader(ctx):
		return redirect
	case writes:
		return served
	}
	return local
}

// admit lets a call go on for which the node can find an answer.
func (n *Node) admit(ctx context.Context, writes bool) error {
	switch n.route(ctx, writes) {
	case served, local:
		return nil
	case redirect:
		return errNotLeader(n.cluster.leaderAddress())
	case severed:
		if err := n.pause(ctx, n.cluster.config.CommitTimeout); err != nil {
			return err
		}
		return TimedOut()
	case unled:
	}
	return Unavailable()
}

// commit waits until a write is committed, and holds it back before, when it is to be late.
func (n *Node) commit(ctx context.Context, w *write, f Fault) error {
	c := n.cluster
	if f.CommitDelay > 0 || f.CommitOn != nil {
		c.background.Go(func() { c.journal.readyLate(w, f) })
	} else {
		c.journal.ready(w)
	}
	timeout := time.NewTimer(c.config.CommitTimeout)
	defer timeout.Stop()
	select {
	case <-w.done:
		if w.lost {
			return TimedOut()
		}
		return nil
	case <-timeout.C:
		return TimedOut()
	case <-ctx.Done():
		return ctx.Err()
	case <-n.stopping():
		return Unavailable()
	}
}

// readyLate says that nothing holds the write back any more when that is so, and returns early when it is lost.
func (j *journal) readyLate(w *write, f Fault) {
	timer := time.NewTimer(f.CommitDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.done:
		return
	}
	if f.CommitOn != nil {
		select {
		case <-f.CommitOn:
		case <-w.done:
			return
		}
	}
	j.ready(w)
}
