package projectorcli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
)

type devOptions struct {
	rate     rate
	failRate float64
	orders   string
	strict   bool
	workers  int
	count    int
	length   time.Duration
	log      string
	logLevel string
	ackFile  string
	leaseTTL time.Duration
	services string
}

func (a *app) devCommand() *cobra.Command {
	o := devOptions{}
	if err := o.rate.Set("20/s"); err != nil {
		panic(err)
	}
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run real order sagas on the embedded store, with faults, and print figures every second",
		Long: `Run everything in one process, with nothing to configure: the embedded store in the data directory, an orchestrator,
the read models, and order sagas that are started at a rate, against services that keep books in services.db. Attempts go
wrong at a rate too: errors, lost answers, timeouts, refusals. Every second there is one line of figures:

  started … failed   how many sagas are in that state, as the read model has it
  parked             wait for a person: projector parked list
  stuck              nothing has happened by the time something was due: projector sagas list --stuck
  events/s           events that this orchestrator appended to the log
  lag                age of the oldest event that the read models have not applied

Ctrl-C stops in good order: running attempts get 2 s to end. A second one ends the process at once, which loses nothing
either. Started again, it goes on with every open saga. Only one orchestrator can run on a log (code 4), unless all of
them have --lease-ttl: then they share its sagas, and take over those of one that stops or dies. Give each a data
directory of its own, and name one --store and one --services for all of them. Not for production.`,
		Example: `  projector dev
  projector dev --rate 100/s --fail-rate 0
  projector dev --orders examples/order-fulfillment/orders.jsonl --count 200
  projector dev --rate 0 --log transitions.jsonl
  projector dev --data a --store postgres://… --services services.db --lease-ttl 10s`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := a.format(formatTable, formatJSONL); err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			return a.dev(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.Var(&o.rate, "rate", "sagas to start: 20/s, 5/m, 100/h, or 0 for none")
	flags.Float64Var(&o.failRate, "fail-rate", 0.2, "share of attempts that go wrong, from 0 to 1")
	flags.StringVar(&o.orders, "orders", "",
		"JSON lines of orders to start again and again, each time with fresh ids (default: made up)")
	flags.BoolVar(&o.strict, "strict", false,
		"refuse an orders file with a broken line, instead of passing it over (code 6 at the end)")
	flags.IntVar(&o.workers, "workers", 0, "attempts that run at once (default: the orchestrator's)")
	flags.IntVar(&o.count, "count", 0, "start so many sagas, and stop when all have ended or are parked (default: go on)")
	flags.DurationVar(&o.length, "for", 0, "stop after this time (default: go on)")
	flags.StringVar(&o.log, "log", "", "append one line of JSON for each transition of a saga to this file")
	flags.StringVar(&o.logLevel, "log-level", "",
		"debug, info, warn or error (default: info with --log; without it warn, on the terminal)")
	flags.StringVar(&o.ackFile, "ack-file", "",
		"for audits: append the id of each saga to this file, synced, once its start has been acknowledged")
	flags.DurationVar(&o.leaseTTL, "lease-ttl", 0,
		"share the sagas of the log by leases that last so long, the same for all (default: run them alone)")
	flags.StringVar(&o.services, "services", "", "the file of the services' books (default: services.db of the data directory)")
	return cmd
}

func (o devOptions) check() error {
	const hint = "see projector dev --help"
	switch {
	case !(o.failRate >= 0 && o.failRate <= 1):
		return usage(hint, "--fail-rate is %v, it must be between 0 and 1", o.failRate)
	case o.workers < 0:
		return usage(hint, "--workers is %d, it must not be negative", o.workers)
	case o.count < 0:
		return usage(hint, "--count is %d, it must not be negative", o.count)
	case o.count > 0 && o.rate.every == 0:
		return usage("give a --rate above 0", "--count is %d, but nothing is started at rate 0", o.count)
	case o.length < 0:
		return usage(hint, "--for is %s, it must not be negative", o.length)
	case o.leaseTTL < 0 || o.leaseTTL > 0 && o.leaseTTL < eventstore.MinLeaseTTL:
		return usage(hint, "--lease-ttl is %s, it must be 0 or at least %s", o.leaseTTL, eventstore.MinLeaseTTL)
	case o.leaseTTL > 0 && o.services == "":
		return usage("name one file for all of them with --services",
			"with --lease-ttl others take over what this dev has begun, so the services must keep their books in one place")
	case o.leaseTTL > 0 && o.count > 0:
		return usage("leave out --count", "--count waits for sagas that with --lease-ttl others may run")
	case o.strict && o.orders == "":
		return usage("name a file with --orders", "--strict is about an orders file, and there is none")
	}
	return nil
}

// servicesFile is where the services keep their books.
func (o devOptions) servicesFile(dir dataDir) string {
	if o.services != "" {
		return o.services
	}
	return dir.services()
}

// dev opens everything, runs it, and closes it again.
func (a *app) dev(ctx context.Context, o devOptions) error {
	source, err := a.readOrders(o)
	if err != nil {
		return err
	}
	run, err := a.openDev(ctx, o, source)
	if err != nil {
		return err
	}
	err = run.run(ctx)
	if closeErr := run.close(); err == nil {
		err = closeErr
	}
	if err == nil && source.passedOver > 0 {
		return fail(ExitPartial, "correct the lines named above", "%s of %s passed over",
			plural(source.passedOver, "line", "lines"), o.orders)
	}
	return err
}
