package main

// pauseMutants are defects of what operators do with paused sagas.
func pauseMutants() []mutant {
	return []mutant{
		{
			name: "a paused saga goes on",
			harm: "The bank is paid while it is closed for us, behind the operator's back.",
			edits: []edit{{
				"saga/instance.go", "return in.parked != nil || in.paused != nil", "return in.parked != nil",
			}},
			caught: []check{
				by(sagas, "TestG20NothingOfAPausedSagaBegins"), by(sagas, "TestG20APausedSagaStaysPausedOverARestart"),
			},
		},
		{
			name: "a cancellation does not end the pause",
			harm: "The customer has called it off, and nothing is given back.",
			edits: []edit{{
				"saga/evolve_saga.go", "	in.paused = nil\n	in.cancelled = fmt.Sprintf", "	in.cancelled = fmt.Sprintf",
			}},
			caught: []check{by(sagas, "TestG21ACancellationEndsThePause")},
		},
		{
			name: "an extended deadline has passed all the same",
			harm: "The supplier was given another week, and the order is undone.",
			edits: []edit{{
				"saga/evolve_saga.go", "in.deadline, in.overdue = e.Deadline, false", "in.deadline = e.Deadline",
			}},
			caught: []check{by(sagas, "TestG19AnExtensionClearsADeadlineThatHasPassedIfTheSagaHasNotTurned")},
		},
		{
			name: "the read model keeps the first deadline",
			harm: "A saga that has another week is listed as due today.",
			edits: []edit{{
				"projection/sagaview/fold.go", "r.deadline, r.overdue = millis(e.Deadline), false", "r.overdue = false",
			}},
			caught: []check{by("projection/sagaview", "TestTheDeadlineOfASagaIsDueWhenNothingElseIsBeforeIt")},
		},
		{
			name: "orchestrators do not follow pauses",
			harm: "A pause from another process is taken note of when it is too late.",
			edits: []edit{{
				"saga/registry.go", "TypeSignalReceived, TypeSagaPaused, TypeSagaResumed, TypeDeadlineExtended,\n\t\tTypeStepResolved,",
				"TypeSignalReceived,\n\t\tTypeStepResolved,",
			}},
			caught: []check{by(sagas, "TestAPauseAndAResumeFromAnotherProcessAreActedUponWithinASecond")},
		},
		{
			name: "a paused saga is due in the read model",
			harm: "What an operator has stand still is reported as stuck.",
			edits: []edit{{
				"projection/sagaview/fold.go", "what, due = \"a person: resume it\", 0", "what = \"a person: resume it\"",
			}},
			caught: []check{by("projection/sagaview", "TestASagaThatIsPausedIsNeverStuckWhateverComesOfItsAttempt")},
		},
	}
}
