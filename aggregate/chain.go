package aggregate

import (
	"encoding/hex"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// Chain follows the hash chain of one stream, forwards, event by event. The zero Chain is ready for the first event.
type Chain struct {
	head   Head
	report ChainReport
	// anchored: head.Hash is known. It is not behind a truncated front, until the first chained event.
	anchored bool
	buf      []byte
}

// ChainReport tells what a Chain has seen.
type ChainReport struct {
	First    int64 // revision of the first event, above 0 when the stream's front has been truncated
	Events   int64 // number of events
	Unhashed int64 // number of events that carry no hash: they were not written through this package
}

// Truncated reports whether events are missing at the front. The first chained event behind the gap is then taken at its
// word: its own hash cannot be checked, only that everything after it follows from it.
func (r ChainReport) Truncated() bool { return r.First > 0 }

// Complete reports whether every event from the first of the stream on was there and carried its hash.
func (r ChainReport) Complete() bool { return r.First == 0 && r.Unhashed == 0 }

// Head returns where the stream ends as far as the Chain has followed it. Before the first event it is the zero Head.
func (c *Chain) Head() Head { return c.head }

// Report returns what the Chain has seen so far.
func (c *Chain) Report() ChainReport { return c.report }

// Next checks that ev follows the events before it: the same stream, the next revision, and a hash that matches. It
// returns a *ChainError when not, and must not be called again after that.
func (c *Chain) Next(ev eventstore.RecordedEvent) error { return c.next(&ev) }

func (c *Chain) next(ev *eventstore.RecordedEvent) error {
	if c.report.Events == 0 {
		c.head = Head{Stream: ev.Stream, Revision: ev.Revision - 1}
		c.report.First = ev.Revision
		c.anchored = ev.Revision == 0
	}
	if ev.Stream != c.head.Stream || ev.Revision != c.head.Revision+1 {
		return &ChainError{
			Stream:   c.head.Stream,
			Revision: c.head.Revision + 1,
			Reason:   fmt.Sprintf("the event at its place is revision %d of stream %q", ev.Revision, ev.Stream),
		}
	}
	hash, hashed, buf, err := verifyLink(c.buf, c.head.Hash, ev)
	c.buf = buf
	if hashed && !c.anchored {
		_, digits := splitHash(ev.Metadata)
		if _, bad := hex.Decode(hash[:], digits); bad != nil {
			return err
		}
		c.anchored, err = true, nil
	}
	if err != nil {
		return err
	}
	c.head.Hash, c.head.Revision = hash, ev.Revision
	c.report.Events++
	if !hashed {
		c.report.Unhashed++
	}
	return nil
}
