package main

const (
	sagas    = "saga"
	verifier = "saga/verify"

	orchestrated = "TestTheLogOfAnOrchestratorKeepsTheRules"
)

// keeps is the campaign that runs sagas with an orchestrator, with every kind of failure at every place, and holds the log
// to the rules of package verify. It has to name the rule.
func keeps(rule string) check { return saying("breaks "+rule+":", verifier, orchestrated) }

// forwardMutants are defects of what is decided on the way to the end.
func forwardMutants() []mutant { return append(endMutants(), startMutants()...) }

func endMutants() []mutant {
	return []mutant{
		{
			name: "a saga ends twice",
			harm: "Whoever counts the ends of sagas counts too many.",
			edits: []edit{{
				"saga/decide.go", "d.emit(SagaCompleted{})", "d.emit(SagaCompleted{})\n	d.emit(SagaCompleted{})",
			}},
			caught: []check{keeps("G2")},
		},
		{
			name: "an outcome is accepted after the end",
			harm: "A completed saga gets a success that nobody acts on any more, and its history does not end with its end.",
			edits: []edit{
				{"saga/decide.go", "case in.state.Ended():", "case in.state.Ended() && in.plan == nil:"},
				{"saga/engine_advance.go", "if e.inst.state.Ended() {\n		g.end(e)", "if e.inst.state.Ended() && len(e.inbox) == 0 {\n		g.end(e)"},
			},
			caught: []check{by(sagas, "TestNothingFollowsTheEnd"), by(sagas, "TestNewsOfASagaThatHasEndedElsewhereGoesToItsLateStream")},
		},
		{
			name: "a saga completes before its last step has succeeded",
			harm: "The customer is told that all is done, and the last step never was.",
			edits: []edit{{
				"saga/instance_turn.go", "return in.active < len(in.steps)\n", "return in.active < len(in.steps)-1 || len(in.steps) == 1 && in.active == 0\n",
			}},
			caught: []check{keeps("G17")},
		},
	}
}

func startMutants() []mutant {
	return []mutant{
		{
			name: "a start with other data is accepted in silence",
			harm: "A second order under the same id is taken for the first one and never delivered.",
			edits: []edit{{
				"saga/decide.go", "if !equalJSON(in.data, c.Data) {", "if !equalJSON(in.data, c.Data) && len(c.Data) == 0 {",
			}},
			caught: []check{by(sagas, "TestStartingAgain"), by(sagas, "TestStartIsIdempotent")},
		},
		{
			name: "a repeated start makes a second stream",
			harm: "A client that repeats its call after a lost answer orders twice.",
			edits: []edit{{
				"saga/start.go", "	ref := Ref{Name: name, ID: id}\n	if err := ref.Validate(); err != nil {\n		return false,",
				"	ref := Ref{Name: name, ID: id}\n	if _, err := o.Load(ctx, name, id); err == nil {\n		ref.ID += \".again\"\n	}\n" +
					"	if err := ref.Validate(); err != nil {\n		return false,",
			}},
			caught: []check{by(sagas, "TestStartIsIdempotent")},
		},
		{
			name: "a saga begins with its first event twice",
			harm: "A repeated start writes over what the saga was about.",
			edits: []edit{{
				"saga/decide.go", "return nil, nil\n	}\n	d := &decision{in: NewInstance(c.Ref)}",
				"if c.Plan == nil {\n			return nil, nil\n		}\n	}\n	d := &decision{in: NewInstance(c.Ref)}",
			}},
			caught: []check{by(sagas, "TestStartingAgain")},
		},
		{
			name: "the next step starts before the one before it has succeeded",
			harm: "What was not paid is shipped.",
			edits: []edit{{
				"saga/evolve.go", "if s.order == 0 {\n			in.started++",
				"if s.order == 0 {\n			in.active = min(in.active+1, len(in.steps)-1)\n			in.started++",
			}},
			caught: []check{keeps("G5")},
		},
	}
}
