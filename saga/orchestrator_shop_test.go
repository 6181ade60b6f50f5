package saga_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// shop is the scene of the orchestrator's tests: participants with a ledger, steps that misbehave as the test says, and
// processes that run orchestrators.
type shop struct {
	t         testing.TB
	ledger    *ledger
	processes atomic.Int64

	mu     sync.Mutex
	script map[place]script
}

func newShop(t testing.TB) *shop {
	return &shop{t: t, ledger: newLedger(), script: map[place]script{}}
}

// parcel is the data of a saga in the shop, receipt the result of its steps.
type (
	parcel  struct{ Item string }
	receipt struct{ Key string }
)

// place is a step in a direction.
type place struct {
	step      string
	direction saga.Direction
}

// script says how the attempts at a place go: the first ones each in its own way, all further ones in the last way.
type script struct {
	first []fault
	then  fault // nil for success
}

// effect is what a participant is there for, in one attempt.
type effect func() error

// fault is how one attempt goes.
type fault func(context.Context, effect) error

func always(f fault) script            { return script{then: f} }
func first(f ...fault) script          { return script{first: f} }
func (s *shop) set(p place, sc script) { s.mu.Lock(); defer s.mu.Unlock(); s.script[p] = sc }
func (s *shop) heal()                  { s.mu.Lock(); defer s.mu.Unlock(); clear(s.script) }
func action(step string) place         { return place{step, saga.Action} }
func compensation(step string) place   { return place{step, saga.Compensation} }

func succeeds(_ context.Context, e effect) error { return e() }
func fails(context.Context, effect) error        { return errors.New("broken pipe") }
func refuses(context.Context, effect) error      { return saga.Permanent(errors.New("refused")) }
func panics(context.Context, effect) error       { panic("out of cheese") }
func quits(context.Context, effect) error        { runtime.Goexit(); return nil }
func hangs(ctx context.Context, _ effect) error  { <-ctx.Done(); return ctx.Err() }

// afterItsEffect lets the attempt have its effect and then go another way.
func afterItsEffect(f fault) fault {
	return func(ctx context.Context, e effect) error {
		if err := e(); err != nil && !errors.Is(err, saga.ErrNothingToCompensate) {
			return err
		}
		return f(ctx, e)
	}
}

// takes lets the attempt take its time, deaf to its context, before it goes its way.
func takes(d time.Duration, then fault) fault {
	return func(ctx context.Context, e effect) error {
		time.Sleep(d)
		return then(ctx, e)
	}
}

// waits lets the attempt wait for a channel, deaf to its context, before it goes its way.
func waits(until <-chan struct{}, then fault) fault {
	return func(ctx context.Context, e effect) error {
		<-until
		return then(ctx, e)
	}
}

// play runs one attempt by the script.
func (s *shop) play(ctx context.Context, process int, call saga.Call[parcel], d saga.Direction, e effect) error {
	ref := saga.Ref{Name: call.SagaName, ID: call.SagaID}
	defer s.ledger.begin(process, ref, call.IdempotencyKey, call.Attempt)()
	s.ledger.fenced(ref, call.Fence)
	s.mu.Lock()
	sc := s.script[place{call.Step, d}]
	s.mu.Unlock()
	f := sc.then
	if call.Attempt <= len(sc.first) {
		f = sc.first[call.Attempt-1]
	}
	if f == nil {
		f = succeeds
	}
	return f(ctx, e)
}

// act returns the function of a step in one process.
func (s *shop) act(process int) func(context.Context, saga.Call[parcel]) (receipt, error) {
	return func(ctx context.Context, call saga.Call[parcel]) (receipt, error) {
		err := s.play(ctx, process, call, saga.Action, func() error {
			s.ledger.act(call.IdempotencyKey)
			return nil
		})
		return receipt{Key: call.IdempotencyKey}, err
	}
}

// undo returns the compensation of a step in one process.
func (s *shop) undo(process int) func(context.Context, saga.Call[parcel], *receipt) error {
	return func(ctx context.Context, call saga.Call[parcel], result *receipt) error {
		if result != nil && result.Key != call.ActionKey {
			s.ledger.mu.Lock()
			s.ledger.problem("the compensation of %s got the result %q", call.ActionKey, result.Key)
			s.ledger.mu.Unlock()
		}
		return s.play(ctx, process, call, saga.Compensation, func() error { return s.ledger.undo(call.ActionKey) })
	}
}

var parcelSteps = []string{"reserve", "pay", "ship", "tell"}

// parcels is the definition of four compensable steps, as one process has it. An attempt may take a minute; three
// attempts of an action, three of a compensation, seconds apart.
func (s *shop) parcels(process int) saga.Definition[parcel] {
	options := saga.StepOptions{
		Timeout:      time.Minute,
		Compensation: saga.AttemptOptions{Timeout: time.Minute, Retry: saga.RetryPolicy{MaximumAttempts: 3}},
	}
	d := saga.Definition[parcel]{Name: "Parcel", Version: 1}
	for _, step := range parcelSteps {
		d.Steps = append(d.Steps, saga.Compensable(step, s.act(process), s.undo(process), options))
	}
	return d
}

var ticketSteps = []string{"hold", "quote", "buy", "mail"}

// tickets is the definition with a point of no return: two compensable steps, the pivot "buy", the retriable "mail".
func (s *shop) tickets(process int) saga.Definition[parcel] {
	options := saga.StepOptions{Timeout: time.Minute, Retry: saga.RetryPolicy{MaximumAttempts: 3}}
	undoable := options
	undoable.Compensation = saga.AttemptOptions{Timeout: time.Minute, Retry: saga.RetryPolicy{MaximumAttempts: 3}}
	return saga.Definition[parcel]{Name: "Ticket", Version: 1, Steps: []saga.Step[parcel]{
		saga.Compensable("hold", s.act(process), s.undo(process), undoable),
		saga.Compensable("quote", s.act(process), s.undo(process), undoable),
		saga.Pivot("buy", s.act(process), options),
		saga.Retriable("mail", s.act(process), options),
	}}
}

// process is one program that runs an orchestrator.
type process struct {
	*saga.Orchestrator
	t     testing.TB
	store eventstore.Store
	end   context.CancelFunc
	ended chan struct{}
	err   error // of Run, once ended is closed
}

// open makes an orchestrator of both definitions that does not run.
func (s *shop) open(store eventstore.Store, change ...func(*saga.Config)) *saga.Orchestrator {
	s.t.Helper()
	n := int(s.processes.Add(1))
	cfg := saga.Config{Store: store, Definitions: []saga.AnyDefinition{s.parcels(n), s.tickets(n)}}
	for _, c := range change {
		c(&cfg)
	}
	o, err := saga.New(cfg)
	require.NoError(s.t, err)
	return o
}

// run makes an orchestrator of both definitions and runs it until it is stopped.
func (s *shop) run(store eventstore.Store, change ...func(*saga.Config)) *process {
	s.t.Helper()
	p := runs(s.t, s.open(store, change...))
	p.store = store
	if m, ok := store.(*mortal); ok {
		s.t.Cleanup(m.rest) // so that a test that failed ends as well
	}
	return p
}

func runs(t testing.TB, o *saga.Orchestrator) *process {
	ctx, end := context.WithCancel(t.Context())
	p := &process{Orchestrator: o, t: t, end: end, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		p.err = o.Run(ctx)
	}()
	t.Cleanup(func() {
		end()
		<-p.ended
	})
	return p
}

// stop stops the process gracefully and waits for its end.
func (p *process) stop() {
	p.t.Helper()
	p.end()
	<-p.ended
	require.NoError(p.t, p.err)
}

// start starts a saga of a definition.
func (p *process) start(ref saga.Ref) {
	p.t.Helper()
	_, err := p.Start(p.t.Context(), ref.Name, ref.ID, parcel{Item: "lamp " + ref.ID})
	require.NoError(p.t, err)
}

// rest waits until a saga has ended or is parked. One that has not within hours never will: then the test fails, which
// in a bubble is soon.
func (p *process) rest(ref saga.Ref) saga.Ending {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 8*time.Hour)
	defer cancel()
	end, err := p.Wait(ctx, ref.Name, ref.ID)
	require.NoError(p.t, err)
	return end
}

// redrive lets a parked saga go on, and waits until it rests again.
func (p *process) redrive(ref saga.Ref, parked saga.Ending) saga.Ending {
	p.t.Helper()
	require.NotNil(p.t, parked.Parked, "only a parked saga can be redriven")
	inst, err := p.Load(p.t.Context(), ref.Name, ref.ID)
	require.NoError(p.t, err)
	require.NoError(p.t, p.Redrive(p.t.Context(), ref.Name, ref.ID, "ann", "cause removed", inst.Revision()))
	return p.rest(ref)
}

func parcelRef(id any) saga.Ref { return saga.Ref{Name: "Parcel", ID: fmt.Sprint(id)} }
func ticketRef(id any) saga.Ref { return saga.Ref{Name: "Ticket", ID: fmt.Sprint(id)} }

func stepsOf(ref saga.Ref) []string {
	if ref.Name == "Ticket" {
		return ticketSteps
	}
	return parcelSteps
}

// reversed returns the names in the reverse order, never nil.
func reversed(names []string) []string {
	r := append([]string{}, names...)
	slices.Reverse(r)
	return r
}
