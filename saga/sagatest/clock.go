package sagatest

import (
	"context"
	"errors"
	"testing"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// RunOrchestrator runs an orchestrator until the test ends: the one that is shipped, with its goroutines and timers. In a
// bubble of testing/synctest all clocks are one virtual clock, which jumps to the next instant at which anything is to
// happen as soon as everyone waits: a retry after an hour takes no time, and happens after exactly an hour.
//
//	synctest.Test(t, func(t *testing.T) {
//		o := sagatest.RunOrchestrator(t, saga.Config{Definitions: …})
//		…
//	})
//
// The config needs nothing but Definitions: without a Store it gets one in memory; without Random the delays between
// attempts are the longest that the policies allow, the same each time. Leave Clock alone, since the timers follow the
// bubble. At the end the orchestrator stops in good order, and the log of a store in memory that was not given must keep
// every rule of package verify.
//
// What the sagas wait for must have been made in the bubble, a store that is given included: what comes from elsewhere
// (a database, a server, a channel) may do something at any time, so the clock stands still, and the test hangs.
func RunOrchestrator(t testing.TB, cfg saga.Config) *saga.Orchestrator {
	t.Helper()
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
	t.Cleanup(func() {
		stop()
		err := <-ended
		if own != nil {
			err = errors.Join(err, sound(own), own.Close())
		}
		if err != nil {
			t.Error(err)
		}
	})
	return o
}

// sound checks the log of a store.
func sound(store *memory.Store) error {
	report, err := verify.Log(context.Background(), store, verify.Config{Replay: true})
	return errors.Join(err, report.Err())
}
