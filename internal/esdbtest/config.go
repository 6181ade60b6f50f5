package esdbtest

import (
	"errors"
	"fmt"
	"time"
)

const (
	defaultMaxAppend     = 1 << 20
	defaultIDCache       = 8 << 20
	defaultCommitTimeout = 2 * time.Second
)

// Config says what kind of cluster to make. The zero value is a single node without TLS, where everyone may do
// everything.
type Config struct {
	// Nodes is how many nodes there are, 1 or 3. The default is 1.
	Nodes int

	// TLS lets the nodes speak TLS, with a certificate that nobody signed, and lets them ask who is calling. Without it
	// nothing is encrypted and everybody is an administrator, as on a server that runs insecurely.
	TLS bool

	// Users maps names to passwords; only with TLS. The user named admin is the administrator. The default is admin and
	// ops, both with the password changeit.
	Users map[string]string

	// Ports are the ports to listen on, one for each node. The default is ports that are free.
	Ports []int

	// MaxAppendBytes is the largest append that is taken: data, metadata and two bytes for each character of the event
	// type, of all events together. The default is 1 MiB.
	MaxAppendBytes int

	// IDCacheBytes bounds the memory of event ids by which appends without a revision are recognised as repeated; each
	// event takes 28 bytes and two for each character of its stream's name. The default is 8 MiB.
	IDCacheBytes int

	// CommitTimeout is how long a node waits until a write is committed before it gives up with Aborted. The default is
	// two seconds.
	CommitTimeout time.Duration

	// ManualElections leaves the cluster without a leader when it has lost its own, until Elect is called. The default is
	// that another node is elected at once, if more than half of them are there.
	ManualElections bool

	// Now is the clock of the server, by which events are dated and $maxAge is measured. The default is time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	var errs []error
	if c.Nodes == 0 {
		c.Nodes = 1
	}
	if c.Nodes != 1 && c.Nodes != 3 {
		errs = append(errs, fmt.Errorf("nodes is %d: make it 1 or 3", c.Nodes))
	}
	if len(c.Ports) > 0 && len(c.Ports) != c.Nodes {
		errs = append(errs, fmt.Errorf("there are %d ports for %d nodes: name one for each, or none", len(c.Ports), c.Nodes))
	}
	if len(c.Users) > 0 && !c.TLS {
		errs = append(errs, errors.New("users are set without TLS: nobody is asked who they are, so set TLS or leave them out"))
	}
	if c.MaxAppendBytes < 0 || c.IDCacheBytes < 0 || c.CommitTimeout < 0 {
		errs = append(errs, errors.New("a size or a time is negative: leave it at zero for the default"))
	}
	if c.Users == nil && c.TLS {
		c.Users = map[string]string{administrator: "changeit", "ops": "changeit"}
	}
	if c.MaxAppendBytes == 0 {
		c.MaxAppendBytes = defaultMaxAppend
	}
	if c.IDCacheBytes == 0 {
		c.IDCacheBytes = defaultIDCache
	}
	if c.CommitTimeout == 0 {
		c.CommitTimeout = defaultCommitTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, errors.Join(errs...)
}
