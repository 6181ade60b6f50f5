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
		{
			name:   "the read model does not know who has started a saga",
			harm:   "A saga that nobody knows has gone wrong, and whose it is stands nowhere.",
			edits:  []edit{{"projection/sagaview/fold.go", "if e.Parent != nil {", "if e.Parent != nil && e.Version < 0 {"}},
			caught: []check{by("projection/sagaview", "TestTheRowOfASagaTellsWhoHasStartedIt")},
		},
		{
			name: "the children of all sagas of an id are listed, whatever the definition",
			harm: "Of two sagas with one id each seems to have started the children of the other.",
			edits: []edit{{
				"projection/sagaview/query.go", "		oneOf(\"parent_name\", []string{q.Parent.Name})\n", "",
			}},
			caught: []check{by("projection/sagaview", "TestASagaIsListedAmongTheChildrenOfTheOneThatHasStartedIt")},
		},
	}
}
