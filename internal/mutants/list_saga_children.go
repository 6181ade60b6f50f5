package main

// childMutants are defects of sagas that start others.
func childMutants() []mutant {
	return []mutant{
		{
			name: "the end of a child that is seen too early is forgotten",
			harm: "A contract waits for works that were finished weeks ago.",
			edits: []edit{{
				"saga/engine_children.go", "e.children[child].again = true", "e.children[child].again = !e.children[child].busy",
			}},
			caught: []check{by(sagas, "TestTheEndOfAChildSeenBeforeTheAnswerAboutItIsNotForgotten")},
		},
		{
			name:   "the saga of somebody else is taken for the child",
			harm:   "A contract is paid for works that were done for others, and its cancellation undoes them.",
			edits:  []edit{{"saga/session_children.go", "!is || p != parent", "is && p != parent"}},
			caught: []check{by(sagas, "TestASagaThatItsParentHasNotStartedIsNotItsChild")},
		},
		{
			name:   "a cancellation does not reach the child",
			harm:   "The works go on to their end, only to be torn down.",
			edits:  []edit{{"saga/engine_children.go", "cancel := e.inst.turning()", "cancel := e.inst.turning() && a == nil"}},
			caught: []check{by(sagas, "TestACancellationThatComesWhileAChildIsSeenToReachesTheChild")},
		},
		{
			name:   "a child that failed is started again under its old name",
			harm:   "The redrive of a demolition finds the one that failed, and fails for ever.",
			edits:  []edit{{"saga/evolve.go", "t.childrenLost++", "t.childrenLost += 0"}},
			caught: []check{by(sagas, "TestASagaCompensatesTheStepThatStartedAChild")},
		},
		{
			name: "a child is asked for under an id that counts attempts",
			harm: "Whoever retries the step starts a second child, and nobody waits for the first one.",
			edits: []edit{{
				"saga/decide_child.go", "at.direction, t.childrenLost)}", "at.direction, t.childrenLost+int32(t.attempts)-1)}",
			}},
			caught: []check{by("saga/sagatest", "TestAParentAndItsChildrenSurviveChance")},
		},
		{
			name:   "a saga that is to be compensated does not wait for its child",
			harm:   "What the child does after that is undone by nobody.",
			edits:  []edit{{"saga/engine_children.go", "if in.Ended {", "if in.Ended || e.inst.turning() {"}},
			caught: []check{by("saga/sagatest", "TestAParentAndItsChildrenSurviveChance")},
		},
		{
			name: "the end of a child that another orchestrator runs goes unnoticed",
			harm: "The parent waits for ever.",
			edits: []edit{{
				"saga/engine_sagas.go", "if kind == noteEnded {\n\t\tg.childEnded", "if kind == noteEnded && g.sagas[in.Ref] != nil {\n\t\tg.childEnded",
			}},
			caught: []check{by("saga/sagatest", "TestAParentAndItsChildrenSurviveChance")},
		},
		{
			name: "the checker lets a step go on before its child has ended",
			harm: "The audit calls a log sound in which works were paid that nobody has finished.",
			edits: []edit{{
				"saga/verify/child.go", "case child == nil: // it", "case child == nil, child.end == \"\": // it",
			}},
			caught: []check{saying("C2", verifier, "TestEachRuleFires")},
		},
	}
}
