package main

// probeMutants are defects of asking whether an attempt has happened after all.
func probeMutants() []mutant {
	return []mutant{
		{
			name: "a step is given up without asking its probe",
			harm: "The money arrived, the answer got lost, and the transfer is compensated although one question would have told.",
			edits: []edit{{
				"saga/outcome.go", "if d.askBeforeGivingUp(i, now, room) {", "if room < 0 && d.askBeforeGivingUp(i, now, room) {",
			}},
			caught: []check{by(sagas, "TestAStepThatIsGivenUpIsAskedForOnceMore")},
		},
		{
			name: "a saga turns round without asking what is unknown",
			harm: "A cancelled transfer is compensated blind, and nobody has asked whether there is anything to undo.",
			edits: []edit{{
				"saga/decide_operator.go", "if d.askBeforeTurn(now, room) {", "if room < 0 && d.askBeforeTurn(now, room) {",
			}},
			caught: []check{by(sagas, "TestG21ACancelledSagaAsksBeforeItTurnsRound")},
		},
		{
			name:   "a branch turns the saga round without asking the probe of another",
			harm:   "What a participant has done, and would tell of, is compensated without its result.",
			edits:  []edit{{"saga/outcome.go", "; binding || d.in.anyOwing() {", "; binding {"}},
			caught: []check{by(sagas, "TestABranchThatWaitsForItsRetryIsAskedBeforeAnotherOneTurnsTheSagaRound")},
		},
		{
			name: "that the probe has found nothing is taken for certain",
			harm: "The request was still under way: the money arrives after the saga has failed, and nobody takes it back.",
			edits: []edit{{
				"saga/evolve.go", "	s.unknown = s.unknown || !e.Permanent\n", "	s.unknown = (s.unknown || !e.Permanent) && t.probe != ProbeOnly\n",
			}},
			caught: []check{by(sagas, "TestThatNothingWasFoundIsNotTakenForCertain")},
		},
		{
			name: "the action runs although the probe could not tell",
			harm: "The participant that cannot be asked is sent the request once more, blind.",
			edits: []edit{{
				"saga/probe.go", "case err != nil: // also one", "case err != nil && a.Probe == ProbeOnly: // also one",
			}},
			caught: []check{by(sagas, "TestAnActionWhoseProbeCannotTellDoesNotRun")},
		},
	}
}
