package projectorcli_test

import (
	"context"
	"encoding/json"

	"github.com/skaldgo/skald/saga"
)

// contractDefinition starts two sagas side by side.
func contractDefinition() saga.Definition[demo] {
	data := func(context.Context, saga.Call[demo]) (demo, error) { return demo{}, nil }
	stays := saga.ChildOptions[demo]{NothingToUndo: true}
	return saga.Definition[demo]{Name: "Contract", Version: 1, Steps: []saga.Step[demo]{
		saga.Parallel("all", saga.Child("works", "Works", data, stays), saga.Child("paint", "Works", data, stays)),
	}}
}

func worksDefinition() saga.Definition[demo] {
	dig := func(context.Context, saga.Call[demo]) (demoResult, error) { return demoResult{Number: 1}, nil }
	return saga.Definition[demo]{Name: "Works", Version: 1, Steps: []saga.Step[demo]{saga.ReadOnly("dig", dig, saga.StepOptions{})}}
}

// runSeedFamily is a command that writes a log with a saga that has started two others, one of which has ended, and with one
// whose child nobody has started yet: family DIR.
func runSeedFamily() { runSeeder(seedFamily) }

func seedFamily(ctx context.Context, s *seeder) {
	data := saga.Outcome{Result: json.RawMessage(`{"note":""}`)}
	s.family(ctx, contractDefinition(), "7", nil)
	for _, step := range []string{"works", "paint"} {
		s.outcome(ctx, "Contract", "7", step, saga.Action, 1, data)
		s.family(ctx, worksDefinition(), "Contract/7/"+step, &saga.Parent{Name: "Contract", ID: "7", Step: step})
	}
	s.family(ctx, worksDefinition(), "7", nil)
	s.family(ctx, contractDefinition(), "9", nil)
	s.outcome(ctx, "Contract", "9", "works", saga.Action, 1, data)
	s.outcome(ctx, "Works", "Contract/7/works", "dig", saga.Action, 1, saga.Outcome{Result: json.RawMessage(`{"number":1}`)})
	s.outcome(ctx, "Contract", "7", "works", saga.Action, 1, saga.Outcome{Result: json.RawMessage(`{"dig":{"number":1}}`)})
}

func (s *seeder) family(ctx context.Context, def saga.Definition[demo], id string, parent *saga.Parent) {
	plan := def.Plan()
	s.execute(ctx, def.Name, id, saga.StartSaga{
		Now: s.now, Ref: saga.Ref{Name: def.Name, ID: id}, Version: 1, Plan: plan, Data: json.RawMessage(`{"note":""}`),
		CorrelationID: "c-" + id, DefinitionHash: saga.DefinitionHash(def.Name, 1, plan), Go: true, Spare: 1, Parent: parent,
	}, "shop")
}
