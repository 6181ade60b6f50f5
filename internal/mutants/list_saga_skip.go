package main

// skipMutants are defects of steps that an operator has passed over.
func skipMutants() []mutant {
	return []mutant{
		{
			name: "a step is skipped while an attempt of it runs",
			harm: "The next step begins beside one that nobody knows the outcome of.",
			edits: []edit{{
				"saga/decide_skip.go", "case in.at(at).open && !in.awaits(at):", "case false:",
			}},
			caught: []check{by(sagas, "TestG20SkipIsRefusedWhereItCannotBe")},
		},
		{
			name: "a pivot that is skipped can be compensated past",
			harm: "What was decided to go on without the ticket is undone by somebody who has not heard of it.",
			edits: []edit{{
				"saga/decide_operator.go", "if s.result != nil || s.state == StepStateSkipped {", "if s.result != nil {",
			}},
			caught: []check{by(sagas, "TestG16ASkippedPivotPassesThePointOfNoReturn")},
		},
		{
			name: "only the first retriable step passes the point of no return",
			harm: "The first was skipped, the second has been done for good, and the saga is compensated all the same.",
			edits: []edit{{
				"saga/decide_operator.go", "		case KindRetriable:\n			if s.order > 0 {\n				return true\n			}",
				"		case KindRetriable:\n			return s.order > 0",
			}},
			caught: []check{by(sagas, "TestG16ASkippedRetriableStepDoesNotHideOneThatHasStarted")},
		},
	}
}
