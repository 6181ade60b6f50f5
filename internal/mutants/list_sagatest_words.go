package main

// wordMutants are defects of the operators of simulations and explorations, and of what is made of what they say.
func wordMutants() []mutant {
	tested := "saga/sagatest"
	return []mutant{
		{
			name: "a second answer about the data of a child is taken for its end",
			harm: "The works are paid before they have begun.",
			edits: []edit{{
				"saga/outcome.go", "t.child != nil && c.OfFunction {", "t.child != nil && c.OfFunction && t.attempts < 0 {",
			}},
			caught: []check{by(sagas, "TestASecondAnswerAboutItsDataIsNotTakenForTheEndOfAChild")},
		},
		{
			name: "an operator of a simulation swears that what stands is undone",
			harm: "Sagas that are right fail the simulation, because of what somebody made up.",
			edits: []edit{{
				"saga/sagatest/strike_word.go", "case parked.Direction == saga.Compensation && !entry.stands():", "case parked.Direction == saga.Compensation:",
			}},
			caught: []check{by(tested, "TestAnOperatorOfASimulationDoesNotResolveWhatTheBooksDoNotTell")},
		},
		{
			name: "the books are not asked about what an operator has told",
			harm: "A step that was resolved is left undone by a defect, and the simulation believes the operator.",
			edits: []edit{{
				"saga/sagatest/check.go", "c.reversed(), w.balanced(c))", "c.reversed())",
			}},
			caught: []check{by(tested, "TestAnUntrueWordOfAnOperatorShowsInTheBooks")},
		},
		{
			name:   "nobody counts the sagas that whoever migrates is told of",
			harm:   "A migration that overlooks half of the sagas passes every simulation.",
			edits:  []edit{{"saga/sagatest/migration.go", "if !slices.Equal(open, told) {", "if len(open) < len(told) {"}},
			caught: []check{by(tested, "TestDefectsOfMigrationsAreFound")},
		},
		{
			name: "a parent that is to be ended while its child runs is only cancelled",
			harm: "That a child goes on alone is never tried.",
			edits: []edit{{
				"saga/sagatest/script.go", "		w.terminate(c.parent)", "		w.cancel(c.parent)",
			}},
			caught: []check{by(tested, "TestAParentAndItsChildrenSurviveEveryPairOfFailures")},
		},
	}
}
