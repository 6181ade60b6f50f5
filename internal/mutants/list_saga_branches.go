package main

// branchMutants break how an engine deals with several attempts of one saga.
func branchMutants() []mutant {
	return []mutant{
		{
			name: "a saga that is over keeps all its slots",
			harm: "One attempt that does not return holds up as many sagas as its group has branches.",
			edits: []edit{{
				"saga/engine_advance.go", "\tg.release(e) // but the slots of the attempts", "\t// but the slots of the attempts",
			}},
			caught: []check{by(sagas, "TestASagaThatIsOverKeepsNoSlotsButThoseOfAttemptsThatHaveNotReturned")},
		},
		{
			name: "what waits for a slot watches no deadline",
			harm: "While all workers are busy a wait lapses only when one of them is free.",
			edits: []edit{{
				"saga/entry.go", "if stopping || e.recovering ||", "if stopping || e.queued ||",
			}},
			caught: []check{by(sagas, "TestAWaitAndADeadlineEndAlsoWhileTheSagaWaitsForASlot")},
		},
		{
			name: "something begins beside an attempt that is just being given up",
			harm: "A payment is refunded while the payment itself is still under way.",
			edits: []edit{{
				"saga/engine_advance.go", " && !e.givesUp()", "",
			}},
			caught: []check{by(sagas, "TestNothingBeginsBesideAnAttemptWhoseTimeoutIsDecidedAnew")},
		},
	}
}
