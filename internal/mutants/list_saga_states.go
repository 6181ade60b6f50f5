package main

// everyState is the walk through every state of small sagas.
const everyState = "TestEveryReachableStateKeepsTheRules"

// stateMutants are defects that show in few states of sagas with branches, waits and children.
func stateMutants() []mutant {
	return []mutant{
		{
			name: "a child is cancelled and not waited for",
			harm: "The contract is wound up while the works go on, and nobody tears them down when they are finished.",
			edits: []edit{{
				"saga/instance_turn.go", "if !in.awaits(at) {\n\t\t\treturn true", "if !in.awaits(at) && in.at(at).child == nil {\n\t\t\treturn true",
			}},
			caught: []check{saying("G10", "internal/modelcheck", everyState)},
		},
		{
			name: "a signal that comes when the wait has lapsed is passed over",
			harm: "The approval is in the log, and the loan was refused because nobody had approved it.",
			edits: []edit{{
				"saga/decide_wait.go", "case signal != nil:", "case signal != nil && (t.deadline.IsZero() || t.deadline.After(now)):",
			}},
			caught: []check{saying("G27", "internal/modelcheck", everyState)},
		},
		{
			name: "a saga becomes overdue while it is paused",
			harm: "Somebody pauses an order to mend it, and finds that its way back was decided meanwhile.",
			edits: []edit{{
				"saga/decide_wait.go", "return forward && !in.halted() && !in.overdue", "return forward && !in.overdue",
			}},
			caught: []check{saying("G28", "internal/modelcheck", everyState)},
		},
		{
			name: "a saga that is migrated on its way back undoes what stood at these places in the old plan",
			harm: "The transfer stays, and the check before it, which the new version has, is undone.",
			edits: []edit{{
				"saga/migrated.go", "if j, has := at[in.plan.Steps[i].Name]; has {\n\t\t\tc.undoPlan[k] = j",
				"if _, has := at[in.plan.Steps[i].Name]; has {\n\t\t\tc.undoPlan[k] = i",
			}},
			caught: []check{saying("G12", "internal/modelcheck", everyState)},
		},
		{
			name:   "a branch that the new version puts before the others is passed over",
			harm:   "The order goes out without the customs papers, which it needs from this version on.",
			edits:  []edit{{"saga/migrated.go", "	c.active = 0\n", ""}},
			caught: []check{saying("G17", "internal/modelcheck", everyState)},
		},
	}
}
