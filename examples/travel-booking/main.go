package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program without the process around it. It returns the exit code: 0 when the trip is booked, or nothing of it is
// left; 1 when neither is so; 2 when the command line is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("travel-booking", flag.ContinueOnError)
	flags.SetOutput(stderr)
	fail := flags.String("fail", "", "`what` is sold out: hotel, flight or car")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	switch *fail {
	case "", StepHotel, StepFlight, StepCar:
	default:
		fmt.Fprintf(stderr, "travel-booking: -fail is %q, it must be hotel, flight or car\n", *fail)
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "travel-booking: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	// The hotel answers last, so that it still runs when the flight is refused.
	services := Services{
		Hotel:  NewAgency(StepHotel, 90*time.Millisecond, *fail == StepHotel),
		Flight: NewAgency(StepFlight, 60*time.Millisecond, *fail == StepFlight),
		Car:    NewAgency(StepCar, 30*time.Millisecond, *fail == StepCar),
		Post:   NewPost(),
	}
	store := memory.New() // sqlite.Open, from eventstore/sqlite, makes sagas survive kill -9
	defer store.Close()
	ending, err := book(ctx, store, services, "TRIP-1", Trip{Traveller: "Ada", City: "Bergen"})
	if err == nil {
		err = printTrip(ctx, stdout, store, services, ending)
	}
	if err != nil {
		fmt.Fprintf(stderr, "travel-booking: %v\n", err)
		return 1
	}
	if !ending.State.Ended() {
		return 1
	}
	return 0
}

// book runs one saga to its end, on an orchestrator of its own. A service has one orchestrator for as long as it runs.
func book(ctx context.Context, store eventstore.Store, services Services, id string, trip Trip) (ending saga.Ending, err error) {
	orchestrator, err := saga.New(saga.Config{
		Store: store, Definitions: []saga.AnyDefinition{Definition(services)},
	})
	if err != nil {
		return ending, err
	}
	group, running := errgroup.WithContext(ctx)
	running, stop := context.WithCancel(running)
	defer stop()
	group.Go(func() error { return orchestrator.Run(running) })
	group.Go(func() error {
		defer stop()
		if _, err := orchestrator.Start(running, Name, id, trip); err != nil {
			return err
		}
		var err error
		ending, err = orchestrator.Wait(running, Name, id)
		return err
	})
	return ending, group.Wait()
}
