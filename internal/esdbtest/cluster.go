package esdbtest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// nobody leads a cluster that has no leader.
const nobody = -1

// TB is what a test offers to Open. Every testing.TB is one.
type TB interface {
	Helper()
	Fatal(args ...any)
	Cleanup(f func())
}

// Cluster is a number of servers that share one log. Its methods are safe for concurrent use.
type Cluster struct {
	config  Config
	journal *journal
	tls     *tls.Config
	nodes   []*Node

	background sync.WaitGroup // of writes that are committed late

	admin sync.Mutex // held while nodes come and go; taken before mu

	mu     sync.Mutex // guards what follows, and the nodes; taken before the journal's
	leader int
	inject func(Call) Fault
	calls  int
	groups map[string]bool // persistent subscriptions, by stream and group
}

// New starts a cluster on 127.0.0.1. Node 0 leads it. Close ends it.
func New(cfg Config) (*Cluster, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		config: cfg, journal: newJournal(cfg.Now, cfg.IDCacheBytes), leader: nobody, groups: map[string]bool{},
	}
	if cfg.TLS {
		if c.tls, err = selfSigned(cfg.Now()); err != nil {
			return nil, err
		}
	}
	listeners, err := c.listen()
	if err != nil {
		return nil, err
	}
	c.admin.Lock()
	for i, n := range c.nodes {
		n.serve(listeners[i])
	}
	err = c.elect(0)
	c.admin.Unlock()
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.furnish()
	return c, nil
}

// listen makes the nodes and finds them their ports, so that each of them knows the others before it is asked.
func (c *Cluster) listen() ([]net.Listener, error) {
	var listeners []net.Listener
	for i := range c.config.Nodes {
		n := &Node{cluster: c, index: i}
		if len(c.config.Ports) > 0 {
			n.port = c.config.Ports[i]
		}
		l, err := n.listen()
		if err != nil {
			for _, l := range listeners {
				err = errors.Join(err, l.Close())
			}
			return nil, err
		}
		n.port = l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // the address of a TCP listener
		c.nodes, listeners = append(c.nodes, n), append(listeners, l)
	}
	return listeners, nil
}

// Open starts a cluster for a test, which ends it. The test fails when it cannot be started.
func Open(t TB, cfg Config) *Cluster {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	})
	return c
}

// URL returns how to connect: as the administrator with TLS, and to the leader among several nodes.
func (c *Cluster) URL() string {
	var hosts []string
	for _, n := range c.nodes {
		hosts = append(hosts, n.Address())
	}
	query, user := "tls=false", ""
	if c.tls != nil {
		query = "tls=true&tlsVerifyCert=false"
		if password, ok := c.config.Users[administrator]; ok {
			user = url.UserPassword(administrator, password).String() + "@"
		}
	}
	if len(c.nodes) > 1 {
		query += "&nodePreference=leader"
	}
	return fmt.Sprintf("esdb://%s%s?%s", user, strings.Join(hosts, ","), query)
}

// Close ends all nodes. It returns when everything that they started has ended.
func (c *Cluster) Close() error {
	c.admin.Lock()
	defer c.admin.Unlock()
	for _, n := range c.nodes {
		n.kill()
	}
	c.journal.lose() // also what was on its way when the leader ended
	c.background.Wait()
	return nil
}

// Node returns a node, from 0.
func (c *Cluster) Node(i int) *Node { return c.nodes[i] }

// ForgetIDs drops the ids by which appends without a revision are recognised as repeated, as time does and every
// election.
func (c *Cluster) ForgetIDs() { c.journal.forgetIDs() }

// Elect makes a node the leader: what the one before it had not committed is lost, and so is what it knew about the ids
// of events. It fails when the node does not run or is cut off, or when too few nodes are there.
func (c *Cluster) Elect(i int) error {
	c.admin.Lock()
	defer c.admin.Unlock()
	return c.elect(i)
}

func (c *Cluster) elect(i int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i < 0 || i >= len(c.nodes) || !c.nodes[i].eligible() || !c.quorum() {
		return fmt.Errorf("node %d cannot be elected: start it, heal it, and have more than half of the nodes running", i)
	}
	c.leader = i
	c.nodes[i].held = false
	c.journal.lead()
	return nil
}

// settle finds the cluster a leader when it has none, and takes it one that too few nodes follow.
func (c *Cluster) settle() {
	c.mu.Lock()
	if c.leader != nobody && (!c.nodes[c.leader].eligible() || !c.quorum()) {
		c.leader = nobody
		c.journal.lose()
	}
	next := slices.IndexFunc(c.nodes, (*Node).eligible)
	idle := c.leader != nobody || next < 0 || !c.quorum() || c.config.ManualElections
	c.mu.Unlock()
	if !idle {
		_ = c.elect(next) // it can be, or was found not to be just now
	}
}

// eligible reports whether a node can lead. The cluster is locked.
func (n *Node) eligible() bool { return n.running != nil && !n.cut }

// quorum reports whether more than half of the nodes are there. The cluster is locked.
func (c *Cluster) quorum() bool {
	there := 0
	for _, n := range c.nodes {
		if n.eligible() {
			there++
		}
	}
	return 2*there > c.config.Nodes
}

// leaderAddress returns where the leader listens, empty when there is none.
func (c *Cluster) leaderAddress() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leader == nobody {
		return ""
	}
	return c.nodes[c.leader].Address()
}
