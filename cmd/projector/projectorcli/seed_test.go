package projectorcli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/saga"
)

// demo is the data of the Demo sagas.
type demo struct {
	Note string `json:"note"`
}

type demoResult struct {
	Number int `json:"number"`
}

// demoDefinition succeeds whenever it is run: what went wrong with the seeded sagas went wrong before.
func demoDefinition() saga.Definition[demo] {
	do := func(context.Context, saga.Call[demo]) (demoResult, error) { return demoResult{Number: 1}, nil }
	undo := func(context.Context, saga.Call[demo], *demoResult) error { return nil }
	return saga.Definition[demo]{
		Name: "Demo", Version: 1,
		Steps: []saga.Step[demo]{
			saga.Compensable("book", do, undo, saga.StepOptions{Timeout: time.Minute}),
			saga.Compensable("pay", do, undo, saga.StepOptions{Timeout: time.Minute}),
		},
	}
}

// runSeed is a command that writes a log with a saga in every situation, the same bytes each time: seed DIR.
func runSeed() { runSeeder(seedDemos) }

// runSeeder writes a log into the folder that is the first argument: what a seeder is told to do.
func runSeeder(tell func(context.Context, *seeder)) {
	if err := seed(context.Background(), os.Args[1], tell); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func seed(ctx context.Context, dir string, tell func(context.Context, *seeder)) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	store, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(dir, "events.db")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s := &seeder{store: store, now: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)}
	s.registry, s.err = saga.NewRegistry()
	tell(ctx, s)
	return s.err
}

func seedDemos(ctx context.Context, s *seeder) {
	const nasty = "\x1b[31mred\u009b0m \u202etxet"
	s.start(ctx, "Demo", "completed", "all is well")
	s.outcome(ctx, "Demo", "completed", "book", saga.Action, 1, saga.Outcome{Result: json.RawMessage(`{"number":1}`)})
	s.outcome(ctx, "Demo", "completed", "pay", saga.Action, 1, saga.Outcome{Result: json.RawMessage(`{"number":2}`)})
	s.failed(ctx, "failed", "card declined")
	s.outcome(ctx, "Demo", "failed", "book", saga.Compensation, 1, saga.Outcome{Kind: saga.SucceededWithNothing})
	s.failed(ctx, "parked", "card declined")
	s.outcome(ctx, "Demo", "parked", "book", saga.Compensation, 1,
		saga.Outcome{Kind: saga.FailedPermanently, Error: "no such booking"})
	s.start(ctx, "Demo", "executing", "")
	s.start(ctx, "Demo", "retrying", "")
	s.outcome(ctx, "Demo", "retrying", "book", saga.Action, 1, saga.Outcome{Kind: saga.FailedTransiently, Error: "line busy"})
	s.start(ctx, "Demo", "twin", "")
	s.start(ctx, "Other", "twin", "")
	s.start(ctx, "Other", "nasty", nasty)
	s.outcome(ctx, "Other", "nasty", "book", saga.Action, 1, saga.Outcome{Kind: saga.FailedTransiently, Error: nasty})
	s.forge(ctx, "forged")
}

// seeder appends decisions of instances, with a clock and ids that it makes up.
type seeder struct {
	store    eventstore.Store
	registry *eventstore.Registry
	now      time.Time
	ids      byte
	err      error
}

func (s *seeder) newID() (eventstore.EventID, error) {
	s.ids++
	return eventstore.EventID{0: 1, 15: s.ids}, nil
}

func (s *seeder) execute(ctx context.Context, name, id string, command saga.Command, actor string) {
	if s.err != nil {
		return
	}
	repo, err := aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](aggregate.Config[*saga.Instance]{
		Store: s.store, Registry: s.registry, Category: saga.Category(name), NewEventID: s.newID,
		New: func(id string) *saga.Instance { return saga.NewInstance(saga.Ref{Name: name, ID: id}) },
	})
	if err == nil {
		_, err = repo.Execute(ctx, id, command, aggregate.Envelope{CorrelationID: "c-" + id, Actor: actor, At: s.now})
	}
	s.err = err
	s.now = s.now.Add(time.Second)
}

func (s *seeder) start(ctx context.Context, name, id, note string) {
	data, err := json.Marshal(demo{Note: note})
	if err != nil {
		s.err = errors.Join(s.err, err)
		return
	}
	plan := demoDefinition().Plan()
	s.execute(ctx, name, id, saga.StartSaga{
		Now: s.now, Ref: saga.Ref{Name: name, ID: id}, Version: 1, Plan: plan, Data: data, CorrelationID: "c-" + id,
		DefinitionHash: saga.DefinitionHash(name, 1, plan), Go: true,
	}, "shop")
}

func (s *seeder) outcome(ctx context.Context, name, id, step string, d saga.Direction, attempt int, outcome saga.Outcome) {
	s.execute(ctx, name, id, saga.RecordOutcome{
		Now: s.now, Step: step, Direction: d, Attempt: attempt, Outcome: outcome, Go: true,
	}, "orchestrator:main")
}

// failed starts a saga whose second step is refused for good.
func (s *seeder) failed(ctx context.Context, id, why string) {
	s.start(ctx, "Demo", id, "")
	s.outcome(ctx, "Demo", id, "book", saga.Action, 1, saga.Outcome{Result: json.RawMessage(`{"number":3}`)})
	s.outcome(ctx, "Demo", id, "pay", saga.Action, 1, saga.Outcome{Kind: saga.FailedPermanently, Error: why})
}

// forge appends an event that someone made who does not know the hash chain.
func (s *seeder) forge(ctx context.Context, id string) {
	s.start(ctx, "Demo", id, "")
	if s.err != nil {
		return
	}
	event, err := s.newID()
	if err == nil {
		_, err = s.store.Append(ctx, saga.Ref{Name: "Demo", ID: id}.Stream(), eventstore.Exactly(1), eventstore.EventData{
			ID: event, Type: saga.TypeStepCompleted, Data: []byte(`{"step":"book","attempt":1,"result":{"number":99}}`),
			Metadata: []byte(`{"at":"2020-01-02T03:05:00Z","hash":"` + fmt.Sprintf("%064d", 0) + `"}`),
		})
	}
	s.err = err
}
