package main

// exampleMutants are defects of the examples, which people copy from.
func exampleMutants() []mutant {
	return []mutant{
		{
			name: "an agency books what was cancelled before it arrived",
			harm: "A traveller pays for a room of a trip that was called off.",
			edits: []edit{{
				"examples/travel-booking/agency.go", "case known != nil && known.cancelled:", "case known != nil && known.cancelled && a.soldOut:",
			}},
			caught: []check{by("examples/travel-booking", "TestABookingThatArrivesAfterItsCancellationIsRefused")},
		},
		{
			name: "a bank does again what it is asked for again",
			harm: "A debit whose answer was lost is made twice.",
			edits: []edit{{
				"examples/bank-transfer/bank.go", "	case known != nil:\n		return known.receipt, nil\n", "",
			}},
			caught: []check{by("examples/bank-transfer", "TestTheBooksBalanceWhateverTwoFailuresMeet")},
		},
		{
			name: "a rejected loan is paid out",
			harm: "The person who says no is not heard.",
			edits: []edit{{
				"examples/loan-approval/loan.go", "if err == nil && !decision.Approved {", "if err == nil && decision.By == \"\" {",
			}},
			caught: []check{by("examples/loan-approval", "TestWhatAPersonDecidesIsDone")},
		},
		{
			name: "a query does not wait for the position that it names",
			harm: "Whoever has placed an order is told that there is none.",
			edits: []edit{{
				"examples/cqrs-service/readmodel.go", "case !asked.After(found.AsOf):", "case !asked.After(found.AsOf) || s.cfg.Patience > 0:",
			}},
			caught: []check{by("examples/cqrs-service", "TestAQueryAsksForItsPositionAndSaysNotYet")},
		},
	}
}
