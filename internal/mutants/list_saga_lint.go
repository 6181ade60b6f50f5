package main

// lintMutants are defects of the advice on definitions.
func lintMutants() []mutant {
	return []mutant{
		{
			name:   "the branches of a group with a limit are thought to run all at once",
			harm:   "A deadline that no saga can keep passes for one that each can, and all of them are compensated.",
			edits:  []edit{{"saga/lint_time.go", "min(plan.limit(from), to-from)", "to-from"}},
			caught: []check{by(sagas, "TestADeadlineThatOneAttemptOfEachStepOutlastsIsFound")},
		},
		{
			name:   "compensations are thought to run side by side",
			harm:   "Each is fast enough for the saga's deadline, together they are not, and nobody is told.",
			edits:  []edit{{"saga/lint_time.go", "sum, steps = plus(sum, undo), steps+1", "sum, steps = max(sum, undo), steps+1"}},
			caught: []check{by(sagas, "TestCompensationsThatOutlastTheDeadlineAreFound")},
		},
		{
			name: "of several versions of a definition the one that is named last counts",
			harm: "The advice changes with the order in which definitions are listed, and a golden file with it.",
			edits: []edit{{
				"saga/lint_children.go", "cmp.Or(known.version-o.version, strings.Compare(known.hash(), o.hash())) < 0",
				"cmp.Or(1, strings.Compare(known.hash(), o.hash())) > 0",
			}},
			caught: []check{by(sagas, "TestOfSeveralVersionsTheHighestCountsAndOfRefusedOnesNone")},
		},
		{
			name:   "the branch of a last group is thought to be followed by those that run beside it",
			harm:   "A price is asked for that nothing can use, and the advice is silent.",
			edits:  []edit{{"saga/lint_results.go", "_, to := plan.stage(i); to <", "to := i + 1; to <"}},
			caught: []check{by(sagas, "TestAResultThatNothingCanAskForIsFound")},
		},
		{
			name:   "a branch that is retried is thought to keep its place",
			harm:   "A TotalTimeout passes while other branches have the place, and the last attempts are never made.",
			edits:  []edit{{"saga/lint_limits.go", "if p.limit(branch) >= need {", "if p.limit(branch) <= need {"}},
			caught: []check{by(sagas, "TestABranchThatLosesItsPlaceNeedsMoreTime")},
		},
	}
}
