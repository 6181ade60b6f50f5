// Command projector runs sagas, keeps their read models and shows them. Type projector --help for its commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/skaldgo/skald/cmd/projector/projectorcli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	return projectorcli.Program{}.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
