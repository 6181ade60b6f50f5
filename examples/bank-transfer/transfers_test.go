package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

const (
	transfers = 10_000
	people    = 50
	crashes   = 3
)

// Ten thousand transfers between fifty accounts, through lost answers, timeouts, panics and crashes. In the bubble the clock
// moves on when everyone waits, so hours of timeouts and delays take some seconds.
func TestTenThousandTransfersWithFaultsAndCrashesConserveTheMoney(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opening := map[string]int64{}
		for i := range people {
			opening[person(i)] = 4_000_00
		}
		bank := &faulty{Bank: NewBank(opening)}
		store := memory.New()
		defer store.Close()

		startAll(t, store, bank)
		for range crashes {
			crash(t, store, bank, 5*time.Second)
		}
		completed, failed := finish(t, store, bank)

		require.Equal(t, total(opening), total(bank.Accounts()), "money was made or lost")
		require.Equal(t, bank.Accounts(), byLedger(opening, bank.ledger), "the ledger explains every account")
		require.Len(t, bank.ledger, completed)
		require.Equal(t, completed, bank.notices)
		require.Equal(t, transfers, completed+failed)
		t.Logf("%d completed, %d failed; %d answers lost, %d refused, %d hung, %d panics", completed, failed,
			bank.lost.Load(), bank.refused.Load(), bank.hung.Load(), bank.panicked.Load())
		require.Greater(t, completed, transfers/10, "void: hardly a transfer went through")
		require.Greater(t, failed, transfers/10, "void: hardly a transfer failed")
		for _, faults := range []int64{bank.lost.Load(), bank.refused.Load(), bank.hung.Load(), bank.panicked.Load()} {
			require.Greater(t, faults, int64(transfers/10), "void: some fault hardly happened")
		}
	})
}

func person(i int) string { return fmt.Sprintf("person-%02d", i) }

// orchestrator is one process over the log.
func orchestrator(t *testing.T, store eventstore.Store, bank Steps) *saga.Orchestrator {
	o, err := saga.New(saga.Config{
		Store: store, Definitions: []saga.AnyDefinition{Definition(bank)}, ShutdownGrace: -1,
	})
	require.NoError(t, err)
	return o
}

// startAll records the start of every transfer; nothing runs yet. One in twenty goes to nobody.
func startAll(t *testing.T, store eventstore.Store, bank Steps) {
	o, random := orchestrator(t, store, bank), rand.New(rand.NewPCG(1, 2))
	for i := range transfers {
		transfer := Transfer{From: person(random.IntN(people)), To: person(random.IntN(people)), Cents: 1 + random.Int64N(100_00)}
		if random.IntN(20) == 0 {
			transfer.To = "nobody"
		}
		_, err := o.Start(t.Context(), Name, fmt.Sprintf("T-%05d", i), transfer)
		require.NoError(t, err)
	}
}

// crash runs the sagas for a while and ends as a process does that is killed: what it is just doing is done, and not recorded.
func crash(t *testing.T, store eventstore.Store, bank Steps, after time.Duration) {
	line := &mortal{Store: store}
	o := orchestrator(t, line, bank)
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { ended <- o.Run(ctx) }()
	time.Sleep(after)
	require.Positive(t, o.Status(t.Context()).InHand, "void: everything had ended before the crash")
	line.cut.Store(true)
	time.Sleep(time.Second)
	stop()
	require.ErrorIs(t, <-ended, eventstore.ErrClosed)
}

// finish runs the sagas to their end. What is parked, a person lets go on.
func finish(t *testing.T, store eventstore.Store, bank Steps) (completed, failed int) {
	o := orchestrator(t, store, bank)
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { ended <- o.Run(ctx) }()
	for !o.Status(ctx).Running {
		time.Sleep(time.Second)
	}
	open := map[string]bool{}
	for i := range transfers {
		open[fmt.Sprintf("T-%05d", i)] = true
	}
	for len(open) > 0 {
		time.Sleep(10 * time.Minute)
		if status := o.Status(ctx); status.InHand > status.Parked {
			continue
		}
		for id := range open {
			in, err := o.Load(ctx, Name, id)
			require.NoError(t, err)
			if _, parked := in.Parked(); parked {
				require.NoError(t, o.Redrive(ctx, Name, id, "a person", "the line is good again", in.Revision()))
				continue
			}
			require.True(t, in.State().Ended(), "%s is %s", id, in.State())
			if in.State() == saga.StateCompleted {
				completed++
			} else {
				failed++
			}
			delete(open, id)
		}
	}
	stop()
	require.NoError(t, <-ended)
	return completed, failed
}

// byLedger says what should be in the accounts by what is in the ledger.
func byLedger(opening map[string]int64, ledger map[string]Transfer) map[string]int64 {
	accounts := maps.Clone(opening)
	for _, transfer := range ledger {
		accounts[transfer.From] -= transfer.Cents
		accounts[transfer.To] += transfer.Cents
	}
	return accounts
}
