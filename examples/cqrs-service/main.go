package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

type options struct {
	addr, data, fail string
	serve            bool
}

// run is the program without the process around it. It returns the exit code: 0 when it has stopped in good order, 1 when
// something went wrong, 2 when the command line is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "cqrs-service: %v\n", err)
		return 2
	}
	if err := o.run(ctx, stdout); err != nil {
		fmt.Fprintf(stderr, "cqrs-service: %v\n", err)
		return 1
	}
	return 0
}

func parse(args []string, help io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("cqrs-service", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is answered by one line, and only -help by the whole list
	flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "`address` to listen on, a loopback one; port 0 means any that is free")
	flags.StringVar(&o.data, "data", "./cqrs-service-data", "`directory` of the log and the read model")
	flags.StringVar(&o.fail, "fail", "", "`what` fails: payment (every card is declined)")
	flags.BoolVar(&o.serve, "serve", false, "serve until Ctrl-C, and play no client")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(help)
			flags.PrintDefaults()
		}
		return o, err
	}
	var errs []error
	if flags.NArg() > 0 {
		errs = append(errs, fmt.Errorf("unexpected argument %q", flags.Arg(0)))
	}
	if o.fail != "" && o.fail != "payment" {
		errs = append(errs, fmt.Errorf("-fail is %q, it must be payment", o.fail))
	}
	if at, err := netip.ParseAddrPort(o.addr); err != nil || !at.Addr().IsLoopback() {
		errs = append(errs, fmt.Errorf("-addr is %q, it must be a loopback address with a port, 127.0.0.1:8080 for instance: "+
			"the service knows no passwords", o.addr))
	}
	return o, errors.Join(errs...)
}

func (o options) run(ctx context.Context, stdout io.Writer) (err error) {
	cards := NewCards(o.fail == "payment", 200*time.Millisecond)
	service, err := Open(ctx, Config{Dir: o.data, Payments: cards, Patience: 2 * time.Second})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	fmt.Fprintf(stdout, "serving %s; log and read model are kept in %s\n\n", base, o.data)

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serve(ctx, listener, service) })
	if o.serve {
		fmt.Fprintf(stdout, "try     curl -d '{\"id\":\"A-1\",\"item\":\"lamp\",\"cents\":4500}' %s/orders\n"+
			"        curl %s/orders/A-1\nCtrl-C stops it.\n", base, base)
	} else {
		group.Go(func() error {
			defer stop()
			return play(ctx, stdout, base)
		})
	}
	return group.Wait()
}

// serve answers requests until ctx ends. Then it takes no new ones, answers those that run, and lets the service stop.
func serve(ctx context.Context, listener net.Listener, service *Service) error {
	server := &http.Server{Handler: service.Handler(), ReadHeaderTimeout: 5 * time.Second}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return service.Run(ctx) })
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(last)
	})
	return group.Wait()
}
