package main

// cancelMutants are defects of what operators do to sagas as a whole.
func cancelMutants() []mutant {
	return []mutant{
		{
			name: "a cancellation beyond the pivot is obeyed",
			harm: "The ticket is bought, and the hotel that it was for is given back.",
			edits: []edit{
				{"saga/decide_operator.go", "if s.result != nil || s.state == StepStateSkipped {", "if s.state == StepStateSkipped {"},
			},
			caught: []check{by(sagas, "TestG20AResolvedActionIsCompletedAndTheSagaGoesOn")},
		},
		{
			name: "a cancellation does not wait for the open attempt",
			harm: "A step is compensated while it still runs, and has its effect after that.",
			edits: []edit{{
				"saga/decide_operator.go", "|| !in.turning() || in.anyBinding() {", "|| !in.turning() {",
			}},
			caught: []check{by(sagas, "TestG21ACancelledSagaIsCompensatedAsSoonAsNothingIsOpen")},
		},
		{
			name: "a cancellation does not wait for the outcome of the pivot",
			harm: "The money may have been paid, and everything before it is undone.",
			edits: []edit{{
				"saga/decide_operator.go", "in.plan.Steps[i].Kind == KindPivot && in.steps[i].unknown", "in.plan.Steps[i].Kind == KindPivot && in.steps[i].action.open",
			}},
			caught: []check{by(sagas, "TestG21ACancellationWaitsForTheOutcomeOfThePivot")},
		},
		{
			name: "an end by an operator says less than what stays",
			harm: "Nobody sees to the room that is still booked.",
			edits: []edit{{
				"saga/decide_operator.go", "may := s.unknown || s.result != nil || s.action.open", "may := s.result != nil",
			}},
			caught: []check{by(sagas, "TestTerminateEndsASagaAndSaysWhatStays")},
		},
	}
}
