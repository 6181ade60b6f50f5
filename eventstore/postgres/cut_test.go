package postgres_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/internal/cutproxy"
	"github.com/skaldgo/skald/internal/proof"
)

// cutter appends through connections that break, and sees over whole ones what became of it.
type cutter struct {
	proxy          *cutproxy.Proxy
	behind, direct *postgres.Store
	streams        int
	other          int64 // the revision of a stream that only the direct store appends to
	figures, kinds map[string]int64
}

// newCutter opens a store behind a proxy, whose calls have so long, and one that is not; 0 is what calls have by default.
func newCutter(t *testing.T, callTimeout time.Duration) *cutter {
	t.Helper()
	cfg := newConfig(t)
	direct := open(t, cfg)
	at, err := url.Parse(cfg.URL)
	require.NoError(t, err)
	proxy, err := cutproxy.New(t.Context(), at.Host)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, proxy.Close()) })
	at.Host = proxy.Addr()
	cfg.URL, cfg.CallTimeout = at.String(), callTimeout
	return &cutter{
		proxy: proxy, behind: open(t, cfg), direct: direct, other: -1,
		figures: map[string]int64{}, kinds: map[string]int64{},
	}
}

// first appends the first event of a new stream, over a connection that works, and so shows that the store goes on.
func (c *cutter) first(t *testing.T) (stream string) {
	t.Helper()
	c.streams++
	stream = fmt.Sprintf("note-%d", c.streams)
	_, err := c.behind.Append(t.Context(), stream, eventstore.NoStream, eventstoretest.Events(1, "NoteTaken")...)
	require.NoError(t, err)
	return stream
}

// disconnect makes the store forget its connection.
func (c *cutter) disconnect(t *testing.T) {
	t.Helper()
	c.proxy.Set(cutproxy.Fault{Kind: cutproxy.Close, Direction: cutproxy.ToServer})
	_, err := c.behind.Append(t.Context(), "note-0", eventstore.NoStream, eventstoretest.Events(1, "NoteTaken")...)
	require.ErrorIs(t, err, eventstore.ErrUnavailable)
	c.proxy.Set(cutproxy.Fault{})
}

// exchange is how many bytes go each way for the append that is cut.
func (c *cutter) exchange(t *testing.T, cold bool) (sizes [2]int64) {
	t.Helper()
	stream := c.first(t)
	if cold {
		c.disconnect(t)
	}
	c.proxy.Set(cutproxy.Fault{})
	_, err := c.behind.Append(t.Context(), stream, eventstore.Exactly(0), eventstoretest.Events(2, "NoteTaken")...)
	require.NoError(t, err)
	return [2]int64{c.proxy.Passed(cutproxy.ToServer), c.proxy.Passed(cutproxy.ToClient)}
}

// cut lets one append meet a fault, and holds the store to its answer. cold has it connect first.
func (c *cutter) cut(t *testing.T, f cutproxy.Fault, cold bool) {
	t.Helper()
	stream := c.first(t)
	if cold {
		c.disconnect(t)
	}
	events := eventstoretest.Events(2, "NoteTaken")
	c.proxy.Set(f)
	_, err := c.behind.Append(t.Context(), stream, eventstore.Exactly(0), events...)
	if c.proxy.Struck() > 0 {
		c.figures["cuts"]++
		c.kinds[f.Kind.String()]++
	}
	c.proxy.Set(cutproxy.Fault{})

	c.settle(t)
	held := len(c.read(t, stream)) > 1
	c.judge(t, err, held)
	result, err := c.behind.Append(t.Context(), stream, eventstore.Exactly(0), events...)
	require.NoError(t, err, "the repeat")
	require.Equal(t, int64(2), result.Revision)
	whole := c.read(t, stream)
	require.Len(t, whole, 3)
	for i := range events {
		require.Equal(t, events[i].ID, whole[i+1].ID)
	}
}

// settle waits until no session can store anything that was sent before: who appends has the head of the log. It moves the
// head just as far as the append that was cut would have, which the store must not take for its own doing.
func (c *cutter) settle(t *testing.T) {
	t.Helper()
	result, err := c.direct.Append(t.Context(), "other-1", eventstore.Exactly(c.other), eventstoretest.Events(2, "NoteTaken")...)
	require.NoError(t, err)
	c.other = result.Revision
}

// judge compares what was said with what was done.
func (c *cutter) judge(t *testing.T, err error, held bool) {
	t.Helper()
	switch {
	case err == nil:
		require.True(t, held, "it was acknowledged and is not there")
		c.figures["acknowledged"]++
	case errors.Is(err, eventstore.ErrIndeterminate) && held:
		c.figures["unknown applied"]++
	case errors.Is(err, eventstore.ErrIndeterminate):
		c.figures["unknown not applied"]++
	default:
		require.ErrorIs(t, err, eventstore.ErrUnavailable)
		require.False(t, held, "it was refused and is there: %v", err)
		c.figures["unavailable"]++
	}
}

func (c *cutter) read(t *testing.T, stream string) []eventstore.RecordedEvent {
	t.Helper()
	events, err := eventstoretest.Collect(c.direct.ReadStream(t.Context(), stream, 0, eventstore.Forwards))
	require.NoError(t, err)
	return events
}

// everywhere cuts an append at every so many bytes, both ways, and at the last one.
func (c *cutter) everywhere(t *testing.T, f cutproxy.Fault, cold bool, stride int64) {
	t.Helper()
	for way, size := range c.exchange(t, cold) {
		f.Direction = cutproxy.Direction(way)
		for f.After = 0; f.After < size; f.After += stride {
			c.cut(t, f, cold)
		}
		f.After = size
		c.cut(t, f, cold)
	}
}

// TestConnectionsCutAtAnyByte closes the connection at every offset of an append on a connection that is in use, both
// ways; with the other kinds of fault, and for an append that connects first, at fewer of them.
func TestConnectionsCutAtAnyByte(t *testing.T) {
	c := newCutter(t, 0)
	stride := int64(max(1, proof.Count("CUT_BYTES", 16)))
	c.everywhere(t, cutproxy.Fault{Kind: cutproxy.Close}, false, stride)
	c.everywhere(t, cutproxy.Fault{Kind: cutproxy.Close}, true, 4*stride)
	c.everywhere(t, cutproxy.Fault{Kind: cutproxy.Reset}, false, 4*stride)
	c.everywhere(t, cutproxy.Fault{Kind: cutproxy.HalfClose}, false, 4*stride)
	// These take time, since the store waits for an answer. What is late arrives after it has given up.
	hurried := newCutter(t, 300*time.Millisecond)
	hurried.figures, hurried.kinds = c.figures, c.kinds
	hurried.everywhere(t, cutproxy.Fault{Kind: cutproxy.Stall}, false, 16*stride)
	hurried.everywhere(t, cutproxy.Fault{Kind: cutproxy.Delay, Pause: 400 * time.Millisecond}, false, 16*stride)
	hurried.everywhere(t, cutproxy.Fault{Kind: cutproxy.Delay, Pause: time.Millisecond}, false, 16*stride)
	eventstoretest.Check(t, c.direct)
	eventstoretest.Check(t, hurried.direct)

	t.Log(c.figures, c.kinds)
	for _, figure := range []string{"cuts", "acknowledged", "unavailable", "unknown applied", "unknown not applied"} {
		require.NotZero(t, c.figures[figure], "the campaign is void: %s", figure)
	}
	require.Len(t, c.kinds, 5, "the campaign is void: a fault did not strike")
	proof.Record(t, proof.Result{Part: "cut-connections", Figures: c.figures, Kinds: c.kinds})
}
