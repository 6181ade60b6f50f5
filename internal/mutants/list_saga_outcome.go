package main

// outcomeMutants are defects of what is made of the news of an attempt.
func outcomeMutants() []mutant { return append(attemptMutants(), lateMutants()...) }

func attemptMutants() []mutant {
	return []mutant{
		{
			name: "the outcome of an old attempt is accepted",
			harm: "An error of the first attempt, late, ends the second one, which is still at work.",
			edits: []edit{{
				"saga/outcome.go", "if !t.open || t.attempts != c.Attempt {", "if !t.open {",
			}},
			caught: []check{by(sagas, "TestOutcomesOfAttemptsThatAreNotOpenChangeNothing")},
		},
		{
			name: "an error is taken for a certain failure",
			harm: "The connection broke after the card was charged, and nobody gives the money back.",
			edits: []edit{{
				"saga/evolve.go", "s.unknown = s.unknown || !e.Permanent", "s.unknown = s.unknown && !e.Permanent",
			}},
			caught: []check{keeps("G12")},
		},
		{
			name: "a panic of a step is not recovered",
			harm: "One nil pointer in one step takes every saga of the process down with it.",
			edits: []edit{{
				"saga/attempt.go", "if p := recover(); p != nil {", "if p := any(nil); p != nil {",
			}},
			caught: []check{saying("panic: out of cheese", verifier, orchestrated)},
		},
		{
			name: "what ends because the orchestrator stops counts as a failure",
			harm: "Every deployment turns the orders round that are just being paid.",
			edits: []edit{{
				"saga/engine_outcomes.go", "case g.cancelled, ended.cancelled:", "case ended.cancelled:",
			}},
			caught: []check{
				by(sagas, "TestAfterTheGraceErrorsAreInterruptionsAndSuccessesStaySuccesses"),
				by(sagas, "TestInterruptionsUseUpNoAttemptButFiveOfThemPark"),
			},
		},
		{
			name: "an error after the deadline is an error, not a timeout",
			harm: "The history says that the step failed, when its time was over.",
			edits: []edit{{
				"saga/engine_outcomes.go", "case !g.now.Before(ended.deadline):\n			outcome", "case !g.now.Before(ended.deadline.Add(time.Hour)):\n			outcome",
			}},
			caught: []check{by(sagas, "TestAnErrorAfterTheDeadlineIsATimeout")},
		},
	}
}

func lateMutants() []mutant {
	const late = "TestNewsOfASagaThatHasEndedElsewhereGoesToItsLateStream"
	return []mutant{
		{
			name:  "a late success is dropped",
			harm:  "A payment that came through after its timeout is compensated without its number.",
			edits: []edit{{"saga/outcome.go", "if !isNews {", "if !isNews || d.in.state == StateCompensating {"}},
			caught: []check{
				by(sagas, "TestALateSuccessWhileCompensatingSuppliesTheResult"),
				by(sagas, "TestALateSuccessAfterABlindCompensationParksTheSaga"),
			},
		},
		{
			name: "a late success after its compensation is overlooked",
			harm: "The step turned out to have happened after it was undone for nothing, and stays done.",
			edits: []edit{{
				"saga/instance.go", "return s.state == StepStateCompensated && s.undoBlind && s.result != nil",
				"return s.state == StepStateCompensated && s.undoBlind && s.result != nil && s.order == 0",
			}},
			caught: []check{by(sagas, "TestALateSuccessAfterABlindCompensationParksTheSaga")},
		},
		{
			name: "news of a saga that has ended is not kept",
			harm: "A payment that came through after the end of its saga is on nobody's list.",
			edits: []edit{{
				"saga/engine_advance.go", "c.Outcome.Kind == Succeeded && !e.inst.completed(c.Step) &&", "c.Outcome.Kind == Succeeded && e.inst.plan == nil &&",
			}},
			caught: []check{by(sagas, late), by(sagas, "TestASuccessInFlightWithTheTimeoutThatEndedItsSagaIsKept")},
		},
		{
			name: "the late stream is not written",
			harm: "The engine knows of the payment, and the log does not.",
			edits: []edit{{
				"saga/session.go", "s.tasks.Go(func() { s.hands.late(e) })", "_ = e",
			}},
			caught: []check{by(sagas, "TestAnAttemptThatAnotherOrchestratorTookOver")},
		},
		{
			name: "late news is kept without its result",
			harm: "A person is told that the payment happened, and not which.",
			edits: []edit{{
				"saga/engine_advance.go", "Attempt: c.Attempt, Result: c.Outcome.Result, Late: true},", "Attempt: c.Attempt, Late: true},",
			}},
			caught: []check{by(sagas, "TestAnAttemptThatOutlivesItsSaga")},
		},
	}
}
