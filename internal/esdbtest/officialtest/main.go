package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"github.com/skaldgo/skald/internal/esdbtest"
)

const client = "github.com/EventStore/EventStore-Client-Go/v4"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "officialtest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "skald-official-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := copyClient(ctx, dir); err != nil {
		return err
	}
	cluster, err := esdbtest.New(esdbtest.Config{Nodes: 3, TLS: true, Ports: []int{2111, 2112, 2113}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	results, err := runTests(ctx, dir)
	if err != nil {
		return err
	}
	return results.report(out)
}

// copyClient copies the module of the client, which nobody may write to where it lies, into a directory where one may.
func copyClient(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", client)
	cmd.Stderr = os.Stderr
	found, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("find the module of the client: %w", err)
	}
	if err := os.CopyFS(dir, os.DirFS(strings.TrimSpace(string(found)))); err != nil {
		return fmt.Errorf("copy the client: %w", err)
	}
	return nil
}

func runTests(ctx context.Context, dir string) (results, error) {
	wanted := "^(" + strings.Join(suites(), "|") + ")$"
	cmd := exec.CommandContext(ctx, "go", "test", "./esdb", "-run", wanted, "-count=1", "-timeout=5m", "-json") //nolint:gosec // constants
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CLUSTER=true", "EVENTSTORE_INSECURE=false", "GOWORK=off", "GOFLAGS=-mod=mod")
	cmd.Stderr = os.Stderr
	said, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("run the tests of the client: %w", err)
	}
	return parse(said) // which says what failed
}
