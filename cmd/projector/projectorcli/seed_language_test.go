package projectorcli_test

import (
	"context"
	"encoding/json"
	"time"

	"github.com/skaldgo/skald/saga"
)

// journeyDefinition books side by side, asks a person, and pays, until a deadline.
func journeyDefinition(deadline time.Duration) saga.Definition[demo] {
	do := func(context.Context, saga.Call[demo]) (demoResult, error) { return demoResult{Number: 1}, nil }
	undo := func(context.Context, saga.Call[demo], *demoResult) error { return nil }
	book := func(name string) saga.Step[demo] {
		return saga.Compensable(name, do, undo, saga.StepOptions{Timeout: time.Minute})
	}
	return saga.Definition[demo]{
		Name: "Journey", Version: 1, Deadline: deadline,
		Steps: []saga.Step[demo]{
			saga.Parallel("trip", book("hotel"), book("flight")),
			saga.Await[demo]("approval", saga.AwaitOptions[string]{Timeout: time.Hour}), book("pay"),
		},
	}
}

// runSeedJourneys is a command that writes a log with journeys that wait for different things: journeys DIR.
func runSeedJourneys() { runSeeder(seedJourneys) }

func seedJourneys(ctx context.Context, s *seeder) {
	ends := func(id, step string, outcome saga.Outcome) {
		s.outcome(ctx, "Journey", id, step, saga.Action, 1, outcome)
	}
	done := saga.Outcome{Result: json.RawMessage(`{"number":1}`)}
	for _, id := range []string{"booking", "asking", "failing", "overdue", "late"} {
		deadline := 50 * 365 * 24 * time.Hour
		if id == "overdue" || id == "late" {
			deadline = 24 * time.Hour
		}
		s.journey(ctx, id, deadline)
		if id != "booking" && id != "failing" {
			ends(id, "hotel", done)
			ends(id, "flight", done)
		}
	}
	ends("failing", "flight", saga.Outcome{Kind: saga.FailedPermanently, Error: "no seats"})
	s.now = s.now.Add(24 * time.Hour)
	s.execute(ctx, "Journey", "overdue", saga.Attend{Now: s.now}, "orchestrator:main")
}

func (s *seeder) journey(ctx context.Context, id string, deadline time.Duration) {
	plan := journeyDefinition(deadline).Plan()
	s.execute(ctx, "Journey", id, saga.StartSaga{
		Now: s.now, Ref: saga.Ref{Name: "Journey", ID: id}, Version: 1, Plan: plan, Data: json.RawMessage(`{"note":""}`),
		CorrelationID: "c-" + id, DefinitionHash: saga.DefinitionHash("Journey", 1, plan), Go: true, Spare: 1,
	}, "shop")
}
