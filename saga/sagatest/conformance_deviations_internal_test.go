package sagatest

import (
	"context"
	"iter"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// deviations are shells that are not quite what they should be, and a scene in which it shows.
var deviations = []struct {
	name   string
	scene  string
	heap   func(*heapShell)
	others func(*saga.Config)
}{
	{
		name: "a heap that draws another jitter", scene: "the limit of all attempts ends them",
		heap: func(h *heapShell) { h.drawn = 1 },
	},
	{
		name: "a heap whose client does not ask again", scene: "a start during a stop",
		heap: func(h *heapShell) { h.after(4*time.Second, func() { h.clients[1].done = true }) },
	},
	{
		name: "a heap that is back too soon", scene: "a deadline passes during a restart",
		heap: func(h *heapShell) {
			h.after(time.Minute, func() { h.blame(h.boot(heritage{number: 1, hand: hand{at: h.now, since: h.now}})) })
		},
	},
	{
		name: "a stop without patience", scene: "a stop during an attempt that fails within the grace of the action",
		others: func(c *saga.Config) { c.ShutdownGrace = -1 },
	},
	{
		name: "a stop with too much patience", scene: "a stop during an attempt that obeys of the compensation",
		others: func(c *saga.Config) { c.ShutdownGrace = time.Hour },
	},
	{
		name: "a clock that goes twice as fast", scene: "timeout",
		others: func(c *saga.Config) {
			began := time.Now()
			c.Clock = func() time.Time { return began.Add(2 * time.Since(began)) }
		},
	},
	{
		name: "leases that last twice as long", scene: "of two that share the log one dies, and the other takes over",
		others: func(c *saga.Config) { c.LeaseTTL *= 2 },
	},
	{
		name: "an orchestrator that shares with nobody", scene: "shards are handed over when their attempts have ended",
		others: func(c *saga.Config) { c.LeaseTTL = 0 },
	},
	{
		name: "news of operators that does not arrive", scene: "a compensation parks, and is redriven",
		others: func(c *saga.Config) { c.Store = withoutNews{c.Store, saga.TypeStepRedriven} },
	},
	{
		name: "news of a resolution that does not arrive", scene: "an action is resolved",
		others: func(c *saga.Config) { c.Store = withoutNews{c.Store, saga.TypeStepResolved} },
	},
	{
		name: "news of a skip that does not arrive", scene: "a pivot is skipped",
		others: func(c *saga.Config) { c.Store = withoutNews{c.Store, saga.TypeStepSkipped} },
	},
	{
		name: "news of another deadline that does not arrive", scene: "a saga without a deadline is given one",
		others: func(c *saga.Config) { c.Store = withoutNews{c.Store, saga.TypeDeadlineExtended} },
	},
	{
		name: "news of another policy that does not arrive", scene: "a policy that is changed ends the attempts",
		others: func(c *saga.Config) { c.Store = withoutNews{c.Store, saga.TypeRetryPolicyChanged} },
	},
	{
		name: "news of a migration that does not arrive", scene: "a saga that is parked for want of a function is migrated",
		others: func(c *saga.Config) { c.Store = withoutNews{c.Store, saga.TypeSagaMigrated} },
	},
	{
		name: "an answer of the store that takes too long", scene: "straight success",
		others: func(c *saga.Config) { c.Store = sluggish{c.Store} },
	},
	{
		name: "an append in two parts", scene: "forwards with a retry, crash after an append",
		others: func(c *saga.Config) { c.Store = inParts{c.Store} },
	},
}

// withoutNews is a store that does not tell of one kind of what operators do.
type withoutNews struct {
	eventstore.Store
	of string
}

func (s withoutNews) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for m, err := range s.Store.Subscribe(ctx, after, f) {
			if err == nil && m.Kind == eventstore.KindEvent && m.Event.Type == s.of {
				continue
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

// sluggish is a store whose answers come when the attempt that was recorded should have ended.
type sluggish struct{ eventstore.Store }

func (s sluggish) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	result, err := s.Store.Append(ctx, stream, expected, events...)
	time.Sleep(61 * time.Second)
	return result, err
}

// inParts is a store that stores the events of an append one by one.
type inParts struct{ eventstore.Store }

func (s inParts) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (result eventstore.AppendResult, err error) {
	for _, ev := range events {
		if result, err = s.Store.Append(ctx, stream, expected, ev); err != nil {
			return result, err
		}
		expected = eventstore.Exactly(result.Revision)
	}
	return result, nil
}
