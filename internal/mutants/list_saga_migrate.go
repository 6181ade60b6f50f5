package main

// migrateMutants are defects of sagas that go on by another version of their definition.
func migrateMutants() []mutant {
	return []mutant{
		{
			name: "a new step before those that have begun is passed over",
			harm: "The credit check that the new version has is never made, and the saga completes.",
			edits: []edit{{
				"saga/migrated.go", "		case s.result != nil || s.skipped:\n", "		case s.result != nil || s.skipped || !s.begun():\n",
			}},
			caught: []check{by(sagas, "TestWhatTheNewPlanDoesNotLeadToIsRefusedWithEveryReason")},
		},
		{
			name:   "a signal that nobody would have is dropped",
			harm:   "The customer has agreed, and nobody ever learns of it.",
			edits:  []edit{{"saga/migrated.go", "if !s.used && !plan.awaits(s.name) {", "if s.used && !plan.awaits(s.name) {"}},
			caught: []check{by(sagas, "TestASignalThatNobodyWouldHaveIsNotDropped")},
		},
		{
			name:   "a migration drops the retry policy that an operator has changed",
			harm:   "The step was given twenty attempts while the bank was slow, and turns the saga round at the fourth.",
			edits:  []edit{{"saga/migrated.go", "c.plan, c.steps = in.operated(plan), ", "c.plan, c.steps = plan, "}},
			caught: []check{by(sagas, "TestARetryPolicyThatAnOperatorHasChangedStaysWhereTheNewPlanHasTheStep")},
		},
		{
			name:   "a migration forgets which steps were skipped",
			harm:   "The notice that was given by telephone is sent after all.",
			edits:  []edit{{"saga/migrated.go", "s.order > 0 || s.undo != nil || s.skipped", "s.order > 0 || s.undo != nil"}},
			caught: []check{by(sagas, "TestAStepThatWasSkippedIsBehindTheSagaInTheNewPlanAsWell")},
		},
		{
			name:   "attempts that run keep their places in the old plan",
			harm:   "What the bank has answered is taken for the answer of the warehouse.",
			edits:  []edit{{"saga/entry.go", "r.step = plan.index(r.name)", "_ = plan.index(r.name)"}},
			caught: []check{by(sagas, "TestAStepThatRunsMayMoveInThePlan")},
			hangs:  true,
		},
		{
			name:   "the plan of compensations keeps its places in the old plan",
			harm:   "The flight stays booked, because the hotel that nobody booked was cancelled in its place.",
			edits:  []edit{{"saga/migrated.go", "			c.undoPlan[k] = j\n", "			_, _ = k, j\n"}},
			caught: []check{by("saga/sagatest", "TestSagasOfEveryShapeAreMigratedAtAnyMoment")},
		},
	}
}

// migrationMutants are defects of those who migrate sagas, and of orchestrators whose sagas are migrated.
func migrationMutants() []mutant {
	return []mutant{
		{
			name:   "sagas that have ended are taken for open ones",
			harm:   "Who migrates three sagas reads of a year of others that have long ended.",
			edits:  []edit{{"saga/migrate_open.go", "open[ref] = false", "open[ref] = len(refs) > 0"}},
			caught: []check{by("saga/sagatest", "TestSagasOfEveryShapeAreMigratedAtAnyMoment")},
		},
		{
			name:   "orchestrators do not follow migrations",
			harm:   "A saga goes on by the terms that nobody offers any more.",
			edits:  []edit{{"saga/registry.go", "		TypeSagaMigrated,\n", ""}},
			caught: []check{by(sagas, "TestASagaThatIsParkedForWantOfAFunctionGoesOnWithinASecondOfItsMigration")},
		},
		{
			name:   "the outcomes of a saga that has outgrown its orchestrator are dropped",
			harm:   "The card is charged, nobody has written it down, and it is charged once more.",
			edits:  []edit{{"saga/engine_sagas.go", "if len(e.running) > 0 || len(e.inbox) > 0 {", "if len(e.inbox) > 0 {"}},
			caught: []check{by(sagas, "TestAnOrchestratorWithoutTheNewVersionRecordsWhatComesOfItsAttemptsAndLetsGo")},
		},
	}
}
