package main

// verifyLanguageMutants break what the checker says of branches, waits and deadlines.
func verifyLanguageMutants() []mutant {
	return []mutant{
		{
			name: "the checker lets a group run more branches than its limit",
			harm: "The audit calls a log sound in which a participant was overrun.",
			edits: []edit{{
				"saga/verify/group.go", "h.runs >= limit {", "h.runs > limit {",
			}},
			caught: []check{saying("G26", verifier, "TestEachRuleFires")},
		},
		{
			name: "the checker does not compare a signal with the result of the wait that it ended",
			harm: "The audit calls a log sound in which an approval was made of a refusal.",
			edits: []edit{{
				"saga/verify/wait.go", "|| next.payload != digest(e.Result):", "|| len(next.id) == 0:",
			}},
			caught: []check{saying("G27", verifier, "TestEachRuleFires")},
		},
		{
			name: "the checker does not miss that a saga is overdue",
			harm: "The audit calls a log sound in which a saga went on past its deadline.",
			edits: []edit{{
				"saga/verify/overdue.go", "owed.kind == oweNothing && h.becomesOverdue() {", "owed.kind == oweTurn && h.becomesOverdue() {",
			}},
			caught: []check{saying("G28", verifier, "TestEachRuleFires")},
		},
		{
			name: "the checker forgets which branch was given up",
			harm: "The audit calls a log sound in which a saga turned round at another step than the one that failed.",
			edits: []edit{{
				"saga/verify/group.go", "f.FailedStep == at && f.Reason == h.gaveUpFor", "f.FailedStep != \"\"",
			}},
			caught: []check{saying("G10", verifier, "TestEachRuleFires")},
		},
	}
}
