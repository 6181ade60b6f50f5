package main

// sagaviewLanguageMutants break what the read model says of branches and waits.
func sagaviewLanguageMutants() []mutant {
	return []mutant{
		{
			name: "the read model waits for the last of what is due",
			harm: "A branch that hangs is not stuck as long as another one has time.",
			edits: []edit{{
				"projection/sagaview/weigh.go", "(first == 0 || max(due, floor) < first) {", "(first == 0 || max(due, floor) > first) {",
			}},
			caught: []check{by("projection/sagaview", "TestASagaWithBranchesWaitsForAllOfThem"),
				by("projection/sagaview", "TestTheRowsOfSagasWithBranchesAndWaitsAreWhatTheInstanceSays")},
		},
		{
			name: "in the read model a wait goes on after the saga has turned round",
			harm: "People are asked for an approval of what is being undone.",
			edits: []edit{{
				"projection/sagaview/fold.go", "if s.kind == kindAwait && s.running {", "if s.kind == kindAwait && !s.running {",
			}},
			caught: []check{by("projection/sagaview", "TestASagaThatWaitsForASignal"),
				by("projection/sagaview", "TestTheRowsOfSagasWithBranchesAndWaitsAreWhatTheInstanceSays")},
		},
	}
}
