// Command order-fulfillment fulfils a file of orders, one saga for each, and prints what became of them.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
)

//go:embed orders.jsonl
var sampleOrders []byte

// The exit codes.
const (
	exitOK    = 0
	exitWrong = 1 // an order did not end, the books do not balance, or something could not be read or written
	exitUsage = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	orders  string
	data    string
	strict  bool
	workers int
	faults  order.Faults
}

// run is the program without the process around it. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "order-fulfillment: %v; see --help\n", err)
		return exitUsage
	}
	batch, err := readOrders(o.orders)
	if err != nil {
		fmt.Fprintf(stderr, "order-fulfillment: %v\n", err)
		return exitWrong
	}
	for _, line := range append(batch.Repeated, batch.Broken...) {
		fmt.Fprintf(stderr, "%s: %v\n", o.source(), line)
	}
	if o.strict && len(batch.Broken) > 0 {
		fmt.Fprintf(stderr, "order-fulfillment: %d broken line(s), and nothing was started: mend them, or leave out --strict\n",
			len(batch.Broken))
		return exitWrong
	}
	if len(batch.Orders) == 0 {
		fmt.Fprintf(stderr, "order-fulfillment: %s holds no order\n", o.source())
		return exitWrong
	}
	fmt.Fprintf(stdout, "%d orders from %s; sagas and books are kept in %s\n", len(batch.Orders), o.source(), o.data)
	done, err := fulfil(ctx, o, batch.Orders)
	if err != nil {
		fmt.Fprintf(stderr, "order-fulfillment: %v\n", explain(ctx, err, o))
		return exitWrong
	}
	if !done.print(stdout, batch) {
		return exitWrong
	}
	return exitOK
}

func parseFlags(args []string, help io.Writer) (options, error) {
	o := options{faults: order.Faults{Hang: hangLimit}}
	flags := flag.NewFlagSet("order-fulfillment", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is answered by one line, and only --help by the whole list
	flags.StringVar(&o.orders, "orders", "", "`file` of orders as JSON lines (default: the orders.jsonl of the example)")
	flags.StringVar(&o.data, "data", "./order-fulfillment-data",
		"`directory` that keeps the sagas and the books; started again, the program goes on there")
	flags.BoolVar(&o.strict, "strict", false, "start nothing when a line of the file is broken")
	flags.IntVar(&o.workers, "workers", 0, "how many steps run at once (0: the default of the orchestrator)")
	flags.Float64Var(&o.faults.Rate, "fail-rate", 0, "`share` of the attempts that go wrong, from 0 to 1")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(help, "Fulfils a file of orders, one saga for each, and prints what became of them.")
		flags.SetOutput(help)
		flags.PrintDefaults()
	}
	if err != nil {
		return o, err
	}
	errs := []error{o.faults.Validate()}
	if flags.NArg() > 0 {
		errs = append(errs, fmt.Errorf("unexpected argument %q", flags.Arg(0)))
	}
	if o.workers < 0 {
		errs = append(errs, fmt.Errorf("--workers is %d, it must not be negative", o.workers))
	}
	if o.data == "" {
		errs = append(errs, errors.New("--data names no directory"))
	}
	return o, errors.Join(errs...)
}

// source is how messages call the file of orders.
func (o options) source() string {
	if o.orders == "" {
		return "orders.jsonl"
	}
	return o.orders
}

func readOrders(path string) (order.Batch, error) {
	if path == "" {
		return order.ReadBatch(bytes.NewReader(sampleOrders))
	}
	file, err := os.Open(path)
	if err != nil {
		return order.Batch{}, fmt.Errorf("read the orders: %w", err)
	}
	defer file.Close()
	batch, err := order.ReadBatch(file)
	if err != nil {
		return order.Batch{}, fmt.Errorf("read the orders in %s: %w", path, err)
	}
	return batch, nil
}
