package main

// languageMutants are defects of groups, of waits for signals and of deadlines.
func languageMutants() []mutant { return append(groupMutants(), waitMutants()...) }

func groupMutants() []mutant {
	return []mutant{
		{
			name:   "the limit of a group is ignored",
			harm:   "A participant that stands two requests at once gets a hundred.",
			edits:  []edit{{"saga/plan_groups.go", "return min(group.Limit, maxOpen)", "return maxOpen"}},
			caught: []check{by(sagas, "TestG26NoMoreBranchesRunThanTheLimitAllows")},
		},
		{
			name: "a join forgets the branches that still run",
			harm: "The step behind a group begins without the results that it needs.",
			edits: []edit{{
				"saga/decide_skip.go", "for in.active < len(in.steps) && in.steps[in.active].passed() {\n\t\tin.active++",
				"if in.active < len(in.steps) {\n\t\t_, in.active = in.plan.stage(in.active)",
			}},
			caught: []check{by(sagas, "TestG26TheBranchesOfAGroupRunSideBySideAndAreJoined")},
		},
		{
			name: "a branch begins after another one was given up",
			harm: "A room is booked for a journey that is known not to happen.",
			edits: []edit{{
				"saga/decide_operator.go", "return in.gaveUp != nil || unwanted", "return in.gaveUp != nil && !in.anyBinding() || unwanted",
			}},
			caught: []check{by(sagas, "TestABranchThatFailsForGoodWaitsForThoseThatRunAndTurnsTheSagaRound")},
		},
		{
			name:   "a branch that is given up turns the saga round before the others have ended",
			harm:   "A branch is compensated while it runs, or not at all though it succeeds.",
			edits:  []edit{{"saga/outcome.go", "binding := d.in.anyBinding(); binding ||", "binding := d.in.plan == nil; binding ||"}},
			caught: []check{by(sagas, "TestABranchThatFailsForGoodWaitsForThoseThatRunAndTurnsTheSagaRound")},
		},
		{
			name: "of several open attempts only the first is taken over",
			harm: "After a crash a branch is waited for that nobody runs, for ever.",
			edits: []edit{{
				"saga/outcome.go", "range slices.Collect(d.in.running()) {", "range slices.Collect(d.in.running())[:min(1, len(slices.Collect(d.in.running())))] {",
			}},
			caught: []check{by(sagas, "TestAllBranchesThatRanAreTakenOver")},
		},
	}
}

func waitMutants() []mutant {
	return []mutant{
		{
			name:   "a signal is used twice",
			harm:   "One approval is taken for both of the two that are needed.",
			edits:  []edit{{"saga/evolve.go", "signal.used = true", "signal.used = false"}},
			caught: []check{saying("sagatest.Replay", "saga/sagatest", "TestGroupsAndWaitsThatAreRightSurviveEveryPairOfFailures")},
			hangs:  true,
		},
		{
			name: "a signal that comes early is lost",
			harm: "A customer has paid before the saga asks for it, and waits for ever.",
			edits: []edit{{
				"saga/evolve.go", "\tt.attempts = e.Attempt\n", "\tt.attempts = e.Attempt\n\tif in.plan.Steps[in.plan.index(e.Step)].Await != nil {\n\t\tin.signals = nil\n\t}\n",
			}},
			caught: []check{by(sagas, "TestASignalMayComeBeforeTheStepThatAwaitsIt")},
		},
		{
			name: "a signal that is sent again after the end is refused",
			harm: "Whoever lost the answer takes an approval that has counted for one that has not.",
			edits: []edit{{
				"saga/signal.go", "is && in.signal(s.ID) != nil {", "is && in.signal(s.ID) != nil && !in.state.Ended() {",
			}},
			caught: []check{by(sagas, "TestASignalThatIsSentAgainAfterTheEndIsAnsweredAsBefore")},
		},
		{
			name: "a wait does not lapse",
			harm: "A saga waits for an answer that will not come, and its reservation stands for ever.",
			edits: []edit{{
				"saga/decide_wait.go", "lapsed := !t.deadline.IsZero() && !t.deadline.After(now)", "lapsed := t.deadline.IsZero() && t.deadline.After(now)",
			}},
			caught: []check{by(sagas, "TestAWaitThatLapses")},
		},
		{
			name: "the deadline of a saga is ignored",
			harm: "A saga that was to end within the hour ends next week.",
			edits: []edit{{
				"saga/decide_wait.go", "!in.deadline.IsZero() && !now.Before(in.deadline)", "!in.deadline.IsZero() && now.IsZero()",
			}},
			caught: []check{by(sagas, "TestASagaWhoseDeadlinePasses")},
		},
		{
			name: "the deadline of a saga is obeyed past its point of no return",
			harm: "The money has been sent, and what it was for is undone.",
			edits: []edit{{
				"saga/decide_operator.go", "unwanted && !in.pastReturn() && !in.pivotUnknown()", "(in.overdue || unwanted && !in.pastReturn() && !in.pivotUnknown())",
			}},
			caught: []check{by(sagas, "TestASagaWhoseDeadlinePasses")},
		},
		{
			name: "a wait holds a cancellation up",
			harm: "A customer cancels, and the room stays booked until somebody signs a contract that nobody needs.",
			edits: []edit{{
				"saga/instance_turn.go", "\t\tif !in.awaits(at) {\n\t\t\treturn true", "\t\tif in.at(at).open {\n\t\t\treturn true",
			}},
			caught: []check{by(sagas, "TestAWaitIsNeitherTakenOverNorWaitedForByACancellation")},
		},
	}
}
