package main

// resolveMutants are defects of the word of an operator for what came of a step.
func resolveMutants() []mutant {
	return []mutant{
		{
			name: "what was resolved without its result is never looked at again",
			harm: "The payment is found to have been made after somebody had sworn that it is undone, and nobody is told.",
			edits: []edit{{
				"saga/decide_resolve.go", "s.undoBlind = s.result == nil", "s.undoBlind = false",
			}},
			caught: []check{by(sagas, "TestG20ALateSuccessOfACompensationThatWasResolvedBlindParksTheSagaAgain")},
		},
		{
			name: "a step that was resolved before it started is not undone",
			harm: "The room that was booked by telephone stays booked when the saga fails.",
			edits: []edit{{
				"saga/decide_resolve.go", "	if s.order == 0 {", "	if s.order < 0 {",
			}},
			caught: []check{by(sagas, "TestG20AResolvedActionIsCompletedAndTheSagaGoesOn")},
		},
		{
			name: "orchestrators do not follow resolutions",
			harm: "A person has said what came of the pivot, and the saga waits for them all the same.",
			edits: []edit{{
				"saga/registry.go", "		TypeStepResolved,\n", "",
			}},
			caught: []check{by(sagas, "TestAResolutionFromAnotherProcessIsActedUponWithinASecond")},
		},
	}
}
