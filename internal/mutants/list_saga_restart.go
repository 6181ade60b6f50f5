package main

// restartMutants are defects of taking up what a process left.
func restartMutants() []mutant {
	const fromIndex = "TestARestartFromTheIndexSeesWhatAFullScanSees"
	return []mutant{
		{
			name: "a restart record names a position that was not read yet",
			harm: "A saga started just then is found by no restart: it never goes on.",
			edits: []edit{{
				"saga/restart_index.go", "chunks := chunkOpen(s.followed, s.engine.Open())",
				"major, _ := s.followed.Parts()\n	chunks := chunkOpen(eventstore.NewPosition(major+20, 0), s.engine.Open())",
			}},
			caught: []check{saying("I1", verifier, "TestTheRestartIndexOfAnOrchestratorKeepsTheRules")},
		},
		{
			name: "a restart record leaves out sagas that are being started",
			harm: "A saga started while the record was made is found by no restart.",
			edits: []edit{{
				"saga/engine.go", "if !e.inst.state.Ended() { // one that", "if !e.inst.state.Ended() && e.inst.state != StateNone { // one that",
			}},
			caught: []check{by(sagas, "TestASagaThatIsBeingStartedIsInTheIndex")},
		},
		{
			name: "half a restart record counts as a whole one",
			harm: "A crash while the record was written loses the sagas of the half that is missing.",
			edits: []edit{{
				"saga/restart_index.go", "		case want < 0 && !chunk.Last: // of a record that was cut off\n			continue\n", "",
			}},
			caught: []check{by(sagas, fromIndex)},
		},
		{
			name: "a restart reads on from one event too far",
			harm: "The saga whose start stands right behind the record is forgotten.",
			edits: []edit{{
				"saga/restore.go", "open, from := record.open, record.position",
				"open, from := record.open, record.position\n	if major, _ := from.Parts(); major > 0 {\n		from = eventstore.NewPosition(major+1, 0)\n	}",
			}},
			caught: []check{by(sagas, "TestARestartFindsASagaThatStartedRightBehindThePositionOfTheRecord")},
		},
		{
			name: "a restart runs an open attempt again without a record of it",
			harm: "The old owner, which was only slow, runs the step as well, and nothing in the log keeps them apart.",
			edits: []edit{{
				"saga/engine_sagas.go", "		e.recovering = e.inst.anyRunning()\n",
				"		for _, open := range e.openAttempts() {\n			if g.hold(e) {\n				open.deadline = e.inst.at(open.place).deadline.time()\n" +
					"				e.running = append(e.running, open)\n				g.counts.Attempts++\n				g.run(e, open, e.inst.resultsSoFar())\n			}\n		}\n",
			}},
			caught: []check{by(sagas, "TestARestartTakesOverAnOpenAttempt"), by(sagas, "TestACrashDuringEveryAttempt")},
		},
		{
			name: "an attempt found past its deadline counts as interrupted",
			harm: "A step that always takes too long is tried for ever, as long as the process is restarted in between.",
			edits: []edit{{
				"saga/outcome.go", "if !t.deadline.After(c.Now) {", "if !t.deadline.After(c.Now.Add(-24 * time.Hour)) {",
			}},
			caught: []check{by(sagas, "TestRecoverTellsATimeoutFromAnInterruption"), by(sagas, "TestARestartFindsAnAttemptWhoseDeadlineHasPassed")},
		},
	}
}
