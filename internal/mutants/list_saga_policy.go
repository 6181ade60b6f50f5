package main

// policyMutants are defects of retry policies that operators change.
func policyMutants() []mutant {
	return []mutant{
		{
			name: "a changed policy is that of every saga",
			harm: "A patient operator makes all sagas of the definition wait for an hour.",
			edits: []edit{{
				"saga/decide_policy.go", "changed.Steps = slices.Clone(p.Steps)", "changed.Steps = p.Steps",
			}},
			caught: []check{by(sagas, "TestAChangedPolicyIsThatOfOneSagaAlone")},
		},
		{
			name: "a saga that is taken into hand goes by the plan of its definition again",
			harm: "What the operator has changed holds until the next restart, or not at all.",
			edits: []edit{{
				"saga/engine_sagas.go", "in.Instance.hash == e.def.hash && in.Instance.plan.limitedAs(e.def.plan)", "in.Instance.hash == e.def.hash",
			}},
			caught: []check{by(sagas, "TestAPolicyFromAnotherProcessIsThatOfTheAttemptThatRunsWithinASecond")},
		},
		{
			name: "a permanent error is retried by another policy",
			harm: "A card that was refused for good is charged again and again.",
			edits: []edit{{
				"saga/decide_policy.go", "		!t.counts() && t.spent(in.plan", "		!t.counts() && !t.refused && t.spent(in.plan",
			}},
			caught: []check{by(sagas, "TestG7AStepThatIsDoneOrGivenUpIsNotRetriedByAnotherPolicy")},
		},
	}
}
