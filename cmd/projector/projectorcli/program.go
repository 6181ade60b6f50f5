package projectorcli

import (
	"context"
	"io"
	"slices"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

// Program is what a projector is made of. The zero value is the projector as it ships, with the order sagas of dev and the
// read model of sagas.
type Program struct {
	// Definitions are registered by dev beside that of the order sagas, so that it runs their sagas too, whoever starts
	// them.
	Definitions []saga.AnyDefinition
	// Projections are kept up to date beside the read model of sagas. They keep their tables in the same database.
	Projections []projection.Projection
	// Version is what the version command prints. Default: that of the main module, as the Go tool has recorded it.
	Version string
}

// Run runs one command line, without the name of the program, and returns the exit code of the process. It returns when
// everything that it has started has ended. When ctx ends the command stops in good order: connect it with the
// interrupt signal.
//
// Run keeps no state, so it may be called again. A reader that is an *os.File and a terminal may be asked to confirm.
func (p Program) Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{program: p, stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.rootCommand()
	root.SetArgs(append([]string{}, args...)) // never nil, for which cobra would take those of the process
	err := root.ExecuteContext(ctx)
	return a.finish(ctx, err, args)
}

// app is one run of a program.
type app struct {
	program Program
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer

	data   string // --data
	store  string // --store
	output string // --output
}

// projections are those of this program, that of package sagaview first.
func (a *app) projections() ([]projection.Projection, error) {
	sagas, err := sagaview.New(sagaview.Config{})
	if err != nil {
		return nil, err
	}
	return slices.Concat([]projection.Projection{sagas}, a.program.Projections), nil
}

// newProjector returns the projector of a projection, with what suits it.
func newProjector(cfg projection.Config) (*projection.Projector, error) {
	cfg.OnPoison = projection.QuarantineStream // one stream that cannot be read hides no other
	if cfg.Projection.Spec().Name == sagaview.Name {
		cfg.BatchSize = sagaview.BatchSize
	}
	return projection.New(cfg)
}

// definitions are those that this program runs.
func (a *app) definitions(orders order.Steps, options order.Options) []saga.AnyDefinition {
	return slices.Concat([]saga.AnyDefinition{order.Definition(orders, options)}, a.program.Definitions)
}
