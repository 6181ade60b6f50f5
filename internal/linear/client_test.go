package linear_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
)

const (
	streams  = 10
	patience = time.Minute // how long a call may be refused until the run is given up
)

// run is one history in the making.
type run struct {
	*history
	seed    uint64
	clients int
	least   int // calls
	store   func(client int) eventstore.Store
	faults  map[int]func() error // by the number of calls after which one strikes, on the goroutine of a client
	ended   atomic.Int64         // calls whose context ended before they did
	one     sync.Mutex           // faults strike one after the other
	mu      sync.Mutex
	failed  []error
}

// drive runs all clients until there are calls enough and every fault has struck, and reads every stream at the end.
func (r *run) drive(ctx context.Context) error {
	if r.history == nil {
		r.history = newHistory()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	for i := range r.clients {
		all.Go(func() {
			c := &client{run: r, number: i, rnd: rand.New(rand.NewPCG(r.seed, uint64(i))), seen: map[string]int64{}}
			if err := c.work(ctx); err != nil {
				r.fail(err)
				stop()
			}
		})
	}
	all.Wait()
	return errors.Join(r.failed...)
}

func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, err)
}

// due takes the fault that is to strike now, if there is one.
func (r *run) due() (fault func() error, more bool) {
	calls := r.calls()
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, f := range r.faults {
		if at <= calls {
			delete(r.faults, at)
			return f, true
		}
	}
	return nil, len(r.faults) > 0 || calls < r.least
}

// client does one call after the other.
type client struct {
	*run
	number int
	rnd    *rand.Rand
	seen   map[string]int64 // the last revision that the client was told of
}

func (c *client) work(ctx context.Context) error {
	for {
		fault, more := c.due()
		if fault != nil {
			c.one.Lock()
			err := fault()
			c.one.Unlock()
			if err != nil {
				return fmt.Errorf("a fault could not be made: %w", err)
			}
		}
		if !more {
			break
		}
		stream := fmt.Sprintf("note-%d", c.number%streams) // its own, mostly
		if c.rnd.IntN(2) == 0 {
			stream = fmt.Sprintf("note-%d", c.rnd.IntN(streams))
		}
		do := c.append
		if c.rnd.IntN(3) == 0 {
			do = c.readInTime
		}
		if err := do(ctx, stream); err != nil {
			return err
		}
	}
	for i := range streams {
		if err := c.read(ctx, fmt.Sprintf("note-%d", i)); err != nil {
			return err
		}
	}
	return nil
}

// limit ends some contexts at random, most of them early.
func (c *client) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.rnd.IntN(4) > 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Duration(c.rnd.IntN(3000))*time.Microsecond)
}

// append decides an append on what the client has last seen, or on something older, and repeats it while its outcome is
// not known, most of the time.
func (c *client) append(ctx context.Context, stream string) error {
	expected := int64(-1)
	if last, ok := c.seen[stream]; ok {
		expected = last
	}
	if expected >= 0 && c.rnd.IntN(12) == 0 {
		expected = c.rnd.Int64N(expected+1) - 1
	}
	events, ids, err := c.fresh(1 + c.rnd.IntN(2))
	if err != nil {
		return err
	}
	asked := call{stream: stream, expected: expected, ids: ids}
	for begun := time.Now(); time.Since(begun) < patience; {
		called := c.now()
		result, err := c.try(ctx, stream, expected, events)
		told, known := c.appended(result, err)
		switch {
		case known:
			c.record(c.number, called, asked, told)
			if told.outcome != unknown {
				c.seen[stream] = told.revision
				return nil
			}
			if c.rnd.IntN(4) == 0 {
				return nil // it never learns
			}
		case refused(err) && ctx.Err() == nil:
			c.refuse()
			if c.rnd.IntN(2) > 0 {
				continue
			}
			// It must not be there before it is repeated.
			if err := c.read(ctx, stream); err != nil {
				return err
			}
		default:
			return fmt.Errorf("append to %s: %w", stream, err)
		}
	}
	return fmt.Errorf("an append to %s was refused for %s", stream, patience)
}

func (c *client) try(ctx context.Context, stream string, expected int64, events []eventstore.EventData,
) (eventstore.AppendResult, error) {
	ctx, cancel := c.limit(ctx)
	defer cancel()
	result, err := c.store(c.number).Append(ctx, stream, eventstore.Exactly(expected), events...)
	if err != nil && ctx.Err() != nil {
		c.ended.Add(1)
	}
	return result, err
}

// appended translates the answer to an append; known is false when it had surely no effect.
func (c *client) appended(result eventstore.AppendResult, err error) (a answer, known bool) {
	var lost *eventstore.ConflictError
	switch {
	case err == nil:
		return answer{outcome: stored, revision: result.Revision}, true
	case errors.As(err, &lost):
		return answer{outcome: conflict, revision: lost.Actual}, true
	case errors.Is(err, eventstore.ErrIndeterminate):
		return answer{outcome: unknown}, true
	}
	return answer{}, false
}

// refused reports whether an error is one that is to be expected, and says that nothing was done.
func refused(err error) bool {
	return errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, eventstore.ErrClosed) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// readInTime reads a stream, unless the context ends before that.
func (c *client) readInTime(ctx context.Context, stream string) error {
	ctx, cancel := c.limit(ctx)
	defer cancel()
	return c.read(ctx, stream)
}

// read reads a whole stream, forwards or backwards, and again when that is refused.
func (c *client) read(ctx context.Context, stream string) error {
	from, dir := int64(0), eventstore.Forwards
	if c.rnd.IntN(3) == 0 {
		from, dir = math.MaxInt64, eventstore.Backwards
	}
	for begun := time.Now(); time.Since(begun) < patience; {
		called := c.now()
		events, err := eventstoretest.Collect(c.store(c.number).ReadStream(ctx, stream, from, dir))
		switch {
		case err == nil, errors.Is(err, eventstore.ErrStreamNotFound):
			if dir == eventstore.Backwards {
				slices.Reverse(events)
			}
			ids := c.listed(events)
			c.record(c.number, called, call{stream: stream}, answer{outcome: read, ids: ids})
			c.seen[stream] = ids.revision()
			return nil
		case !refused(err):
			return fmt.Errorf("read %s: %w", stream, err)
		}
		c.refuse()
		select {
		case <-ctx.Done():
			c.ended.Add(1)
			return nil
		default:
		}
	}
	return fmt.Errorf("reading %s was refused for %s", stream, patience)
}
