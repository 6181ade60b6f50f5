package main

import "slices"

// retryMutants are defects of keys, attempts, budgets and delays.
func retryMutants() []mutant {
	return slices.Concat(keyMutants(), delayMutants(), budgetMutants())
}

func keyMutants() []mutant {
	return []mutant{
		{
			name: "the idempotency key includes the attempt",
			harm: "A participant takes a retry for something new: the card is charged twice.",
			edits: []edit{
				{
					"saga/decide.go", "Key: IdempotencyKey(in.ref, planned.Name, at.direction, generation),",
					"Key: IdempotencyKey(in.ref, planned.Name, at.direction, generation+t.attempts),",
				},
				{
					"saga/engine_outcomes.go", "idempotencyKey: IdempotencyKey(e.ref, step.Name, r.direction, generation),",
					"idempotencyKey: IdempotencyKey(e.ref, step.Name, r.direction, generation+r.attempt-1),",
				},
			},
			caught: []check{keeps("G9")},
		},
		{
			name: "a retry is sent with a key that is not the recorded one",
			harm: "The history says that the same thing was asked for again, the participant was asked for another.",
			edits: []edit{{
				"saga/engine_outcomes.go", "idempotencyKey: IdempotencyKey(e.ref, step.Name, r.direction, generation),",
				"idempotencyKey: IdempotencyKey(e.ref, step.Name, r.direction, generation+r.attempt-1),",
			}},
			caught: []check{keeps("E3")},
		},
		{
			name: "a redrive sends the compensation with a new key",
			harm: "The compensation that had happened without an answer happens once more.",
			edits: []edit{{
				"saga/evolve_saga.go", "s.generation++\n		s.state = StepStateCompleted\n	}", "s.state = StepStateCompleted\n	}\n	s.generation++",
			}},
			caught: []check{keeps("G9")},
		},
		{
			name: "the second compensation goes out under the key of the first",
			harm: "The participant answers that it had nothing to undo, which is no longer so.",
			edits: []edit{{
				"saga/evolve_saga.go", "		s.generation++\n", "",
			}},
			caught: []check{by(sagas, "TestALateSuccessAfterABlindCompensationParksTheSaga")},
		},
	}
}

func delayMutants() []mutant {
	return []mutant{
		{
			name: "the back-off overflows",
			harm: "The fortieth retry is due in the past, and a participant that is down is asked without a pause.",
			edits: []edit{{
				"saga/retry.go", "if grown >= float64(p.MaximumInterval) || math.IsNaN(grown) {", "if grown >= float64(p.MaximumInterval) && failed < 3 {",
			}},
			caught: []check{by(sagas, "TestRetryArithmeticNeverLeavesItsBounds"), by(sagas, "TestRetryDelaysGrowUpToTheirMaximum")},
		},
		{
			name: "a retry does not wait until it is due",
			harm: "Ten attempts are used up in a millisecond, against a participant that restarts.",
			edits: []edit{
				{
					"saga/instance_turn.go", "if !in.at(at).due.After(now) && !in.awaits(at) {",
					"if (!in.at(at).due.After(now) || at.direction == Action) && !in.awaits(at) {",
				},
			},
			caught: []check{keeps("S9")},
		},
	}
}

func budgetMutants() []mutant {
	return []mutant{
		{
			name: "an interruption counts as an attempt",
			harm: "Three deployments in a row turn a healthy order round.",
			edits: []edit{{
				"saga/evolve.go", "t.used = max(t.used-1, 0) // an attempt", "t.used = max(t.used, 0) // an attempt",
			}},
			caught: []check{by(sagas, "TestInterruptionsDoNotUseUpAttemptsButFiveOfThemPark")},
		},
		{
			name: "the failure budget starts anew after a restart",
			harm: "A step that takes its orchestrator down is tried for ever, and so is everything that fails beside it.",
			edits: []edit{{
				"saga/evolve.go", "t.used = max(t.used-1, 0) // an attempt", "t.used = 0 // an attempt",
			}},
			caught: []check{saying("breaks G6", sagas, "TestACrashAtEveryAppend")},
		},
		{
			name:   "interruptions are not counted",
			harm:   "A step that takes its orchestrator down with it does so for ever.",
			edits:  []edit{{"saga/evolve.go", "t.interruptions++", "t.interruptions = 0"}},
			caught: []check{by(sagas, "TestInterruptionsDoNotUseUpAttemptsButFiveOfThemPark"), by(sagas, "TestInterruptionsUseUpNoAttemptButFiveOfThemPark")},
		},
		{
			name: "a redrive gives no fresh budget",
			harm: "The operator lets the saga go on, and it is parked again at once without an attempt.",
			edits: []edit{{
				"saga/evolve_saga.go", "t.used, t.interruptions = 0, 0", "t.interruptions = 0",
			}},
			caught: []check{by(sagas, "TestRedrive"), by(sagas, "TestARedriveGivesAFreshBudgetOfAttempts")},
		},
		{
			name: "the time for all attempts begins anew with each of them",
			harm: "A limit of an hour never ends.",
			edits: []edit{{
				"saga/decide.go", "limit > 0 && total.IsZero() && probe != ProbeOnly {", "limit > 0 && probe != ProbeOnly {",
			}},
			caught: []check{by(sagas, "TestTheTotalTimeoutCutsDeadlinesAndRetries")},
		},
	}
}
