package main

// wideMutants are defects of sagas with many branches at once.
func wideMutants() []mutant {
	return []mutant{
		{
			name: "one append starts all branches of a group",
			harm: "A saga of many branches cannot be started, or is set aside after a crash: its events are too large for the store.",
			edits: []edit{{
				"saga/command.go", "return min(1+max(spare, 0), maxStarts)", "return 1 + max(spare, 0)",
			}},
			caught: []check{by("saga", "TestNoDecisionAboutAWideSagaIsTooLargeForAnAppend")},
		},
		{
			name: "all outcomes that have come in go into one append",
			harm: "A saga whose branches end at the same time with large results is set aside: its events are too large for the store.",
			edits: []edit{{
				"saga/engine_advance.go", "bytes > maxBatchBytes)", "bytes < 0)",
			}},
			caught: []check{by("saga", "TestG26AThousandBranchesRunSideBySideAndAreJoined")},
		},
		{
			name: "outcomes that do not fit into the append are dropped",
			harm: "Of many branches that end at the same time some never end: their saga waits for ever.",
			edits: []edit{{
				"saga/engine_advance.go", "	e.inbox = slices.Delete(e.inbox, 0, n)\n", "	e.inbox = slices.Delete(e.inbox, 0, max(n, len(e.inbox)))\n",
			}},
			caught: []check{by("saga", "TestG26AThousandBranchesRunSideBySideAndAreJoined")},
		},
		{
			name: "any number of attempts of a group is open at once",
			harm: "A saga of thousands of branches is set aside after a crash: what takes them over is too large for the store.",
			edits: []edit{{
				"saga/plan_groups.go", "	return maxOpen\n", "	return len(p.Steps)\n",
			}},
			caught: []check{by("saga", "TestNoDecisionAboutAWideSagaIsTooLargeForAnAppend")},
		},
	}
}
