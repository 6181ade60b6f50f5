//go:build unix

package replicas_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/skaldgo/skald/saga"
)

// replicaVariable, when it is set, makes the test binary one of the processes, which works where its JSON says.
const replicaVariable = "SKALD_TEST_REPLICA"

// readyLine is what a process prints once its orchestrator runs.
const readyLine = "ready"

// replica is the whole life of one process: an orchestrator, until SIGTERM or until the store fails.
func replica(text string) (code int) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3) // the test has gone
	}()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := orchestrate(ctx, text); err != nil {
		fmt.Fprintln(os.Stderr, "replica:", err)
		return 1
	}
	return 0
}

func orchestrate(ctx context.Context, text string) (err error) {
	var p place
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	store, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	books, err := openBooks(ctx, p)
	if err != nil {
		return err
	}
	defer books.pool.Close()
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	o, err := saga.New(saga.Config{
		Store: store, Definitions: (&crew{books: books, seed: p.Seed}).definitions(),
		LeaseTTL: p.Lease, ShutdownGrace: p.Lease, Logger: logger,
	})
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for o.Status(running).Shards == 0 {
			if pause(running, 10*time.Millisecond) != nil {
				return
			}
		}
		fmt.Fprintln(os.Stdout, readyLine)
	}()
	return o.Run(ctx)
}
