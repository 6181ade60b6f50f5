package sagatest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// InBubble runs a test beside a running orchestrator, the one that is shipped, with its goroutines and timers, in a
// bubble of testing/synctest: all clocks in it are one virtual clock, which jumps to the next instant at which anything
// is to happen as soon as everyone waits. A retry after an hour takes no time, and always happens after exactly an hour.
//
// The config needs nothing but Definitions: without a Store it gets one in memory; without Random the delays between
// attempts are the longest that the policies allow, the same each time. When test has returned the orchestrator stops in
// good order, and the log of a store in memory must keep every rule of package verify. Everything that the test waits for
// must be in the bubble as well: a database, a server or a file is not, so a participant has to be a fake, or a [Recorder].
func InBubble(t *testing.T, cfg saga.Config, test func(t *testing.T, o *saga.Orchestrator)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var own *memory.Store
		if cfg.Store == nil {
			own = memory.New()
			cfg.Store = own
		}
		if cfg.Random == nil {
			cfg.Random = func() float64 { return 0 }
		}
		o, err := saga.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- o.Run(ctx) }()
		t.Cleanup(func() { // also when test ends its goroutine
			stop()
			err := <-ended
			if own != nil {
				err = errors.Join(err, sound(own), own.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
		test(t, o)
	})
}

// sound checks the log of a store.
func sound(store *memory.Store) error {
	report, err := verify.Log(context.Background(), store, verify.Config{Replay: true})
	return errors.Join(err, report.Err())
}
