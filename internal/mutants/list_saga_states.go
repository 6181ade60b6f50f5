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
				"saga/decide_wait.go", "case signal != nil:", "case signal != nil && (t.deadline.IsZero() || now.Before(t.deadline)):",
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
	}
}
