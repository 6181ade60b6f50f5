package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// Seal is what a log looked like at an instant: the head of every stream, and a root over them all. Kept away from the
// log, it proves later that nothing of what was sealed has been changed. A Seal is read-only after it was made.
type Seal struct {
	// LogID is the id of the log, "" when its store has none.
	LogID    string
	At       time.Time
	Position eventstore.Position // of the last sealed event
	Events   int
	// Order is a hash over the hashes of all sealed events in the order of the log.
	Order [32]byte
	// Streams are in the order of their names, byte by byte.
	Streams []StreamHead
	// Root is the root of the Merkle tree over Streams.
	Root [32]byte
	// PublicKey and Signature are empty unless the seal is signed.
	PublicKey []byte
	Signature []byte
}

// StreamHead is where a stream ended. The hash follows from every byte of every event of the stream, also of events that
// carry no hash themselves.
type StreamHead struct {
	Stream   string
	Revision int64
	Hash     [32]byte
}

// Errors of seals to branch on with errors.Is.
var (
	// ErrInvalidSeal: what was read is no seal, or one that was altered.
	ErrInvalidSeal = errors.New("invalid seal")
	// ErrNotSigned: the seal carries no signature.
	ErrNotSigned = errors.New("seal is not signed")
)

// MakeSeal reads the log and seals what it holds. at is the instant that the seal names. A log whose streams are not
// whole (S1, S2, S3, S8) is not sealed: the error then matches ErrBroken.
func MakeSeal(ctx context.Context, source Source, at time.Time) (*Seal, error) {
	id, err := logID(ctx, source)
	if err != nil {
		return nil, err
	}
	p, err := newPass(ctx, source, Config{MaxViolations: defaultMaxViolations})
	if err != nil {
		return nil, err
	}
	if err := p.read(ctx, source); err != nil {
		return nil, err
	}
	if err := p.result().Err(); err != nil {
		return nil, fmt.Errorf("seal the log: %w", err)
	}
	s := &Seal{
		LogID: id, At: at.UTC(), Position: p.report.Position, Events: p.report.Events, Order: p.order,
		Streams: make([]StreamHead, 0, len(p.streams)),
	}
	for _, stream := range sortedStreams(p.streams) {
		s.Streams = append(s.Streams, StreamHead{Stream: stream.name, Revision: stream.next - 1, Hash: stream.hash})
	}
	s.Root = root(&p.hasher, s.Streams)
	return s, nil
}

// Against reads the log and compares it with a seal: rules T1 to T5, and those of every stream (S1, S2, S3, S8), which
// together find every change of what was sealed. A log that has only grown breaks none of them. For all other rules as
// well, call Log with Config.Seal.
func Against(ctx context.Context, source Source, seal *Seal) (Report, error) {
	if seal == nil {
		return Report{}, fmt.Errorf("compare with a seal: there is none: %w", ErrInvalidSeal)
	}
	p, err := newPass(ctx, source, Config{Seal: seal, MaxViolations: defaultMaxViolations})
	if err != nil {
		return Report{}, err
	}
	err = p.read(ctx, source)
	return p.result(), err
}

// comparison holds a log against a seal while it is read.
type comparison struct {
	seal  *Seal
	heads map[string]*StreamHead // sealed, and not reached yet
}

func newComparison(seal *Seal) *comparison {
	c := &comparison{seal: seal, heads: make(map[string]*StreamHead, len(seal.Streams))}
	for i := range seal.Streams {
		c.heads[seal.Streams[i].Stream] = &seal.Streams[i]
	}
	return c
}

// event compares the stream when it reaches its sealed revision, and the order of the log at the last sealed event.
func (c *comparison) event(p *pass, s *stream, ev *eventstore.RecordedEvent) {
	if p.report.Events == c.seal.Events && p.order != c.seal.Order {
		p.found.add(ruleSealOrder, "", -1, "The first %d events give %x, sealed is %x.", c.seal.Events, p.order, c.seal.Order)
	}
	head := c.heads[ev.Stream]
	if head == nil || ev.Revision != head.Revision {
		return
	}
	delete(c.heads, ev.Stream)
	if s.hash != head.Hash {
		p.found.add(ruleHead, ev.Stream, ev.Revision, "Its hash is %x, sealed is %x.", s.hash, head.Hash)
	}
}

// end looks for what the log did not reach.
func (c *comparison) end(p *pass) {
	if p.report.Events < c.seal.Events {
		p.found.add(ruleSealOrder, "", -1, "The log holds %d events, sealed are %d.", p.report.Events, c.seal.Events)
	}
	for i := range c.seal.Streams {
		head := &c.seal.Streams[i]
		if c.heads[head.Stream] == nil {
			continue
		}
		if s := p.streams[head.Stream]; s == nil {
			p.found.add(ruleThere, head.Stream, -1, "It was sealed at revision %d.", head.Revision)
		} else {
			p.found.add(ruleTail, head.Stream, s.next-1, "It ends here, sealed is revision %d.", head.Revision)
		}
	}
}

// compareNames is the order of the streams in a seal.
func compareNames(a, b StreamHead) int { return strings.Compare(a.Stream, b.Stream) }
