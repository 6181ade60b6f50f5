package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program without the process around it. It returns the exit code: 0 when the money has arrived or is back, 1 when
// it is not or something is wrong with the total, 2 when the command line is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("bank-transfer", flag.ContinueOnError)
	flags.SetOutput(stderr)
	fail := flags.String("fail", "", "`why` the transfer fails: funds (the sender has too little) or receiver (there is no such account)")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	transfer := Transfer{From: "ann", To: "ben", Cents: 75_00}
	switch *fail {
	case "":
	case "funds":
		transfer.Cents = 750_00
	case "receiver":
		transfer.To = "zoe"
	default:
		fmt.Fprintf(stderr, "bank-transfer: -fail is %q, it must be funds or receiver\n", *fail)
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "bank-transfer: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	bank := NewBank(map[string]int64{"ann": 100_00, "ben": 20_00})
	before := bank.Accounts()
	fmt.Fprintf(stdout, "before    %s\ntransfer  %s from %s to %s\n",
		list(before), euros(transfer.Cents), transfer.From, transfer.To)
	ending, err := send(ctx, bank, "T-1", transfer)
	if err != nil {
		fmt.Fprintf(stderr, "bank-transfer: %v\n", err)
		return 1
	}
	printEnding(stdout, ending)
	after := bank.Accounts()
	fmt.Fprintf(stdout, "after     %s\n", list(after))
	if !ending.State.Ended() || total(after) != total(before) {
		return 1
	}
	return 0
}

// send runs one saga to its end, on an orchestrator of its own. A service has one orchestrator for as long as it runs, and a
// log that outlives it: sqlite.Open of eventstore/sqlite, in the place of the store in memory.
func send(ctx context.Context, bank *Bank, id string, transfer Transfer) (ending saga.Ending, err error) {
	store := memory.New()
	defer func() { err = errors.Join(err, store.Close()) }()
	orchestrator, err := saga.New(saga.Config{Store: store, Definitions: []saga.AnyDefinition{Definition(bank)}})
	if err != nil {
		return ending, err
	}
	group, running := errgroup.WithContext(ctx)
	running, stop := context.WithCancel(running)
	defer stop()
	group.Go(func() error { return orchestrator.Run(running) })
	group.Go(func() error {
		defer stop()
		if _, err := orchestrator.Start(running, Name, id, transfer); err != nil {
			return err
		}
		var err error
		ending, err = orchestrator.Wait(running, Name, id)
		return err
	})
	return ending, group.Wait()
}

func printEnding(w io.Writer, ending saga.Ending) {
	for _, step := range ending.Instance.Steps() {
		fmt.Fprintf(w, "          %-6s  %s\n", step.Name, step.State)
	}
	fmt.Fprintf(w, "          the saga has %s\n", ending.State)
	if ending.Err != nil {
		fmt.Fprintf(w, "          because %v\n", ending.Err)
	}
}

func list(accounts map[string]int64) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(accounts)) {
		words = append(words, name+" "+euros(accounts[name]))
	}
	return strings.Join(append(words, "total "+euros(total(accounts))), "  ")
}
