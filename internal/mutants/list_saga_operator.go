package main

// operatorMutants are defects of parking and of what a person does about it.
func operatorMutants() []mutant {
	return []mutant{
		{
			name: "a parked saga is retried",
			harm: "What waits for a person goes on behind their back.",
			edits: []edit{
				{"saga/decide.go", "if in.halted() || in.state.Ended() || d.parkOverlooked()", "if in.state.Ended() || d.parkOverlooked()"},
				{"saga/evolve_check.go", "!in.halted() && e.Attempt ==", "e.Attempt =="},
				{
					"saga/engine_advance.go", "if g.stopping || e.lingers() || e.inst.halted() {",
					"if g.stopping || e.lingers() {",
				},
			},
			caught: []check{by(sagas, "TestARestartLeavesAParkedSagaParked")},
		},
		{
			name: "what is parked does not say why",
			harm: "A person is asked to remove the cause of an error that nobody tells them.",
			edits: []edit{{
				"saga/decide.go", "Attempts: t.attempts, Error: t.lastError,", "Attempts: t.attempts,",
			}},
			caught: []check{by(sagas, "TestACompensationThatFailsIsRetriedAndThenParked")},
		},
		{
			name: "a redrive of what the operator has not seen is obeyed",
			harm: "Two operators redrive the same saga, the second one for another reason than there is.",
			edits: []edit{{
				"saga/decide_operator.go", "case seen != in.revision:", "case seen > in.revision:",
			}},
			caught: []check{by(sagas, "TestRedrive"), by(sagas, "TestARedriveThatCannotBeIsRefusedAndChangesNothing")},
		},
		{
			name: "a redrive by nobody is obeyed",
			harm: "The audit does not say who let the payment be made again.",
			edits: []edit{{
				"saga/decide_operator.go", "case actor == \"\" || reason == \"\":", "case actor == \"\" && reason == \"\":",
			}},
			caught: []check{by(sagas, "TestRedrive"), by(sagas, "TestARedriveThatCannotBeIsRefusedAndChangesNothing")},
		},
		{
			name: "a step starts beside an attempt that has not returned",
			harm: "The compensation runs while the action is still at work: whichever is slower wins.",
			edits: []edit{
				{"saga/engine_advance.go", "!g.stopping && !e.lingers() && !e.givesUp()", "!g.stopping"},
				{"saga/engine_advance.go", "if g.stopping || e.lingers() || e.inst.halted() {", "if g.stopping || e.inst.halted() {"},
				{"saga/entry.go", "e.inst.halted() || e.lingers() {", "e.inst.halted() {"},
			},
			caught: []check{by(sagas, "TestTwoEnginesInChaosKeepTheRulesAndLeakNothing")},
		},
		{
			name: "whoever waits for a saga is told of a parking that was ended before",
			harm: "An operator redrives a saga, waits for it, and is told that it is still parked.",
			edits: []edit{{
				"saga/wait.go", "if parked = end.Parked != nil; rests && !parked {", "if rests {",
			}},
			caught: []check{by(sagas, "TestWaitDoesNotTellOfAParkingThatARedriveHasEndedBefore")},
		},
	}
}
