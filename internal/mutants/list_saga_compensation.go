package main

import "slices"

// compensationMutants are defects of the way back.
func compensationMutants() []mutant {
	return slices.Concat(undoPlanMutants(), undoMutants(), pivotMutants())
}

func undoPlanMutants() []mutant {
	const plan = "TestTheCompensationPlanNamesEveryStepThatMayHaveHappened"
	return []mutant{
		{
			name: "compensations run in forward order",
			harm: "The goods go back to the shelf while the shipment is still on its way.",
			edits: []edit{{
				"saga/outcome.go", "return int(in.steps[b].order - in.steps[a].order) })", "return int(in.steps[a].order - in.steps[b].order) })",
			}},
			caught: []check{keeps("G13")},
		},
		{
			name: "steps that never ran are compensated",
			harm: "A refund is made for what was never paid.",
			edits: []edit{{
				"saga/outcome.go", "if s.order > 0 && planned.undoable() && mayHaveHappened {",
				"if planned.undoable() && (mayHaveHappened || s.order == 0) {",
			}},
			caught: []check{keeps("G12")},
		},
		{
			name: "a step that timed out is not compensated",
			harm: "The card was charged, the answer was lost, and nobody gives the money back.",
			edits: []edit{{
				"saga/evolve.go", "s.unknown = true\n		s.settle()", "s.unknown = s.unknown || !timedOut\n		s.settle()",
			}},
			caught: []check{keeps("G12")},
		},
		{
			name: "a step that was interrupted is not compensated",
			harm: "The orchestrator died while the card was charged, and nobody gives the money back.",
			edits: []edit{{
				"saga/evolve.go", "s.unknown = true\n		s.settle()", "s.unknown = s.unknown || timedOut\n		s.settle()",
			}},
			caught: []check{by(sagas, plan)},
		},
		{
			name: "a step that certainly failed is compensated",
			harm: "A participant that refused is asked to undo what it refused.",
			edits: []edit{{
				"saga/outcome.go", "planned.CompensateOnFailure\n		if s.order > 0", "planned.CompensateOnFailure || s.state == StepStateFailed\n		if s.order > 0",
			}},
			caught: []check{keeps("G12")},
		},
	}
}

func undoMutants() []mutant {
	return []mutant{
		{
			name: "the way back begins after an error only, not after a timeout",
			harm: "A saga whose last attempt timed out stands still for ever.",
			edits: []edit{{
				"saga/outcome.go", "if !permanent && !d.in.steps[i].action.asked && d.retry(place{i, Action}, from, c) {",
				"if !permanent && !d.in.steps[i].action.asked && d.retry(place{i, Action}, from, c) || c.Outcome.Kind == TimedOut {",
			}},
			caught: []check{by(sagas, "TestNoAttemptStartsAfterTheTotalTimeout")},
		},
		{
			name: "a compensation that refuses counts as done",
			harm: "The saga says that everything is undone, and it is not.",
			edits: []edit{
				{
					"saga/outcome.go", "case Succeeded, SucceededWithNothing:\n		d.emit(CompensationCompleted{",
					"case Succeeded, SucceededWithNothing, FailedPermanently:\n		d.emit(CompensationCompleted{",
				},
				{
					"saga/outcome.go", "case FailedTransiently, FailedPermanently:\n		permanent := c.Outcome.Kind == FailedPermanently\n		d.emit(CompensationFailed{",
					"case FailedTransiently:\n		permanent := false\n		d.emit(CompensationFailed{",
				},
			},
			caught: []check{keeps("E2")},
		},
		{
			name: "a compensation is not given the result that is known",
			harm: "The refund does not know which payment to give back.",
			edits: []edit{{
				"saga/engine_outcomes.go", "effect.result = s.result", "effect.result = nil",
			}},
			caught: []check{by(sagas, "TestACompensationIsGivenTheResultOfItsActionAndNilWhenNoneIsKnown")},
		},
	}
}

func pivotMutants() []mutant {
	return []mutant{
		{
			name:   "a saga is compensated past its pivot",
			harm:   "The ticket is printed, then the payment is given back.",
			edits:  []edit{{"saga/outcome.go", "before := !in.pastReturn()", "before := true"}},
			caught: []check{keeps("G16")},
		},
		{
			name:   "a pivot of unknown outcome is compensated",
			harm:   "The payment may have gone through, and the seats are given to somebody else.",
			edits:  []edit{{"saga/outcome.go", "case before && !pivotUnknown:", "case before || before && pivotUnknown:"}},
			caught: []check{keeps("G16")},
		},
	}
}
