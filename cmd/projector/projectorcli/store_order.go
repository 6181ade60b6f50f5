package projectorcli

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
)

func (a *app) storeVerifyOrderCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify-order",
		Short: "Read the log both ways, and check that its order holds together",
		Long: `Read the log forwards and backwards, and check that positions rise, that the revisions of every stream are 0, 1, 2, … in
their order, and that both ways show the same events. It says nothing of sagas and hash chains: audit verify does.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.verifyOrder(cmd.Context()) },
	}
}

// verifyOrder holds one number for each stream, and none for each event.
func (a *app) verifyOrder(ctx context.Context) (err error) {
	store, err := a.openLog(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	told := a.progress()
	next, sum := map[string]int64{}, uint64(0)
	var last eventstore.Position
	var count int64
	for e, err := range store.ReadAll(ctx, eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		if err != nil {
			return err
		}
		if !e.Position.After(last) {
			return disorder("position %s does not come after %s", e.Position, last)
		}
		if want := next[e.Stream]; e.Revision != want {
			return disorder("stream %q has revision %d where %d belongs, at position %s", e.Stream, e.Revision, want, e.Position)
		}
		next[e.Stream]++
		last = e.Position
		sum += digest(&e)
		if count++; told != nil && count%1_000 == 0 {
			told(e.Position, int(count))
		}
	}
	if err := a.backwards(ctx, store, last, count, sum); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%d events in %d streams up to position %s, in order both ways\n", count, len(next), last)
	return err
}

// backwards reads the log from a position down, and expects to find what was found on the way up.
func (a *app) backwards(ctx context.Context, store eventstore.Store, from eventstore.Position, count int64, sum uint64) error {
	above := eventstore.Position{}
	for e, err := range store.ReadAll(ctx, eventstore.Position{}, eventstore.Backwards, eventstore.Filter{}) {
		if err != nil {
			return err
		}
		if !above.IsZero() && !above.After(e.Position) {
			return disorder("backwards, position %s comes after %s", e.Position, above)
		}
		if above = e.Position; above.After(from) {
			continue // appended meanwhile
		}
		count--
		sum -= digest(&e)
	}
	if count != 0 || sum != 0 {
		return disorder("backwards, the log holds other events than forwards")
	}
	return nil
}

// digest makes a number of all that tells an event from others; the sum of these does not depend on the order.
func digest(e *eventstore.RecordedEvent) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, fmt.Sprintf("%s\x00%d\x00%s\x00%s\x00", e.Stream, e.Revision, e.Position, e.Type))
	_, _ = h.Write(e.ID[:])
	_, _ = h.Write(e.Data)
	_, _ = h.Write(e.Metadata)
	return h.Sum64()
}

func disorder(format string, args ...any) error {
	return fail(ExitUnverified, "restore the log from a backup, and tell whoever runs the database", "the order is broken: "+format, args...)
}
