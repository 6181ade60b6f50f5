package main

// engineMutants are defects of the state machine that drives sagas.
func engineMutants() []mutant { return append(timingMutants(), rivalMutants()...) }

func timingMutants() []mutant {
	return []mutant{
		{
			name: "an attempt runs before its record is durable",
			harm: "The card is charged by a saga that after a crash knows nothing of it.",
			edits: []edit{
				{
					"saga/engine_advance.go", "	g.emit(AppendEvents{Ref: e.ref, Head: e.head, Events: events, Envelope: env})\n",
					"	g.emit(AppendEvents{Ref: e.ref, Head: e.head, Events: events, Envelope: env})\n" +
						"	if e.inst.plan != nil && len(attemptsIn(events)) > 0 {\n		durable := e.inst\n		e.inst = durable.clone()\n" +
						"		for _, event := range events {\n			e.inst.Evolve(event)\n		}\n		g.begin(e, attemptsIn(events))\n" +
						"		e.inst = durable\n	}\n",
				},
				{"saga/engine_outcomes.go", "	if len(begun) == 0 {", "	if len(begun) == 0 || len(e.running) > 0 || len(e.inbox) > 0 {"},
			},
			caught: []check{by(sagas, "TestACrashAtEveryAppend")},
		},
		{
			name: "a deadline is not watched while an attempt runs",
			harm: "A step that hangs holds its saga for ever, and nobody is told.",
			edits: []edit{{
				"saga/entry.go", "		return r.deadline\n", "		return time.Time{}\n",
			}},
			caught: []check{by(sagas, "TestAnAttemptThatDoesNotReturnParksItsSaga")},
		},
		{
			name: "the timer of a restored saga is lost",
			harm: "A saga that waited for its retry when the process died waits for ever.",
			edits: []edit{{
				"saga/session.go", "s.timers.set(e.Ref, e.At)", "if s.o.session() != nil {\n			s.timers.set(e.Ref, e.At)\n		}",
			}},
			caught: []check{by(sagas, "TestARetryDelaySurvivesARestart")},
		},
	}
}

func rivalMutants() []mutant {
	return []mutant{
		{
			name: "a conflict is answered by appending the same again",
			harm: "An orchestrator that has lost a saga writes its own view of it behind what others have done.",
			edits: []edit{{
				"saga/engine_outcomes.go", "e.inbox, e.inflight, e.pending = redo, nil, nil\n	delete(g.ownStarts, in.Ref)\n	g.load(e)",
				"e.head.Revision++\n	g.emit(AppendEvents{Ref: e.ref, Head: e.head, Events: e.pending, Envelope: g.envelope(e)})",
			}},
			caught: []check{
				by(sagas, "TestEachConflictIsFollowedByOneLoadAndFreshEvents"), by(sagas, "TestOfTwoEnginesWithOneSagaExactlyOneGoesOn"),
			},
		},
		{
			name: "an outcome is lost with the append that conflicted",
			harm: "A payment that went through is made again, because an operator acted at the same moment.",
			edits: []edit{{
				"saga/engine_outcomes.go", "if _, isOutcome := command.(RecordOutcome); isOutcome {", "if _, isOutcome := command.(RecordOutcome); isOutcome && g.stopping {",
			}},
			caught: []check{by(sagas, "TestAConflictWithAnOperatorDoesNotMakeAnEngineLetGo"), by(sagas, "TestAConflictWithAnOperatorLosesNothing")},
		},
		{
			name: "an engine does not let go of a saga that was taken over",
			harm: "Two orchestrators run the same saga side by side.",
			edits: []edit{{
				"saga/engine_advance.go", "if !e.ours() && !e.recovering {", "if !e.ours() && !e.recovering && g.stopping {",
			}},
			caught: []check{by(sagas, "TestAnEngineWhoseSagaWasTakenOverLetsGo")},
		},
		{
			name: "an attempt begins although a stop came while it was recorded",
			harm: "A process that says it is stopping charges one more card.",
			edits: []edit{{
				"saga/engine_outcomes.go", "g.stopping || expired || !g.drives(e) {", "expired || !g.drives(e) {",
			}},
			caught: []check{by(sagas, "TestAnAttemptWhoseRecordIsInFlightWhenTheStopComesNeverRuns")},
		},
		{
			name: "a saga of a newer definition is run by an older program",
			harm: "Steps that the new version has are skipped by the old one.",
			edits: []edit{{
				"saga/engine_sagas.go", "case in.Instance.version > newest.version && !in.Instance.state.Ended():",
				"case in.Instance.version > newest.version+1_000 && !in.Instance.state.Ended():",
			}},
			caught: []check{by(sagas, "TestASagaOfAHigherVersionIsLeftAlone"), by(sagas, "TestASagaOfAHigherVersionIsLeftUntouched")},
		},
	}
}
