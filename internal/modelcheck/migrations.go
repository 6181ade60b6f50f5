package modelcheck

// migratedBriefly are sagas that an operator migrates, those of every size.
func migratedBriefly() []Shape {
	return []Shape{
		{Name: "a step behind all others that is new", Steps: "C.", Next: &Shape{Steps: "CO"}},
		{Name: "a step before all others that is new", Steps: ".C", Next: &Shape{Steps: "OC"}},
		{Name: "a branch before all others that is new", Steps: ".C", Group: ".g", Next: &Shape{Steps: "OC", Group: "gg", Limit: 1}},
		{Name: "a step that is gone", Steps: "OC", Next: &Shape{Steps: "O."}},
		{Name: "a step behind the pivot that is another", Steps: "PO", Next: &Shape{Steps: "PR"}},
		{Name: "a step that becomes the pivot", Steps: "OC", Next: &Shape{Steps: "OP"}},
		{Name: "fewer attempts than were made", Steps: "O", Attempts: 2, Next: &Shape{Steps: "O"}},
		{Name: "a changed retry policy, migrated", Steps: "O", Policies: 1, Next: &Shape{Steps: "O", Attempts: 2}},
		{Name: "a function that was missing", Steps: "R.", Impatient: true, Next: &Shape{Steps: "RO"}},
		{Name: "a version that one orchestrator does not know", Steps: "C.", Behind: true, Next: &Shape{Steps: "CO"}},
		{Name: "branches that become a sequence", Steps: "OO", Group: "gg", Next: &Shape{Steps: "OO"}},
		{Name: "branches of which fewer may run", Steps: "OO", Group: "gg", Next: &Shape{Steps: "OO", Group: "gg", Limit: 1}},
		{Name: "a wait that is gone", Steps: "OW", Signals: 1, Next: &Shape{Steps: "O."}},
		{Name: "a wait that gets a default", Steps: "OW", Signals: 2, Pauses: 1, Next: &Shape{Steps: "OD"}},
		{Name: "a step that is new, behind one that was skipped", Steps: "O.", Skips: 1, Next: &Shape{Steps: "OO"}},
		{Name: "a step that is new in a saga with nothing left", Steps: "O.", Pauses: 1, Next: &Shape{Steps: "OR"}},
		{Name: "a branch that is new in a saga with nothing left", Steps: ".O", Group: ".g", Pauses: 1, Next: &Shape{Steps: "OO", Group: "gg", Limit: 1}},
		{Name: "a deadline that stays", Steps: "O.", Deadline: true, Next: &Shape{Steps: "OL"}},
		{Name: "a step behind a child that is gone", Steps: "KO", Cancels: 1, Next: &Shape{Steps: "K."}, Child: &Shape{Steps: "O"}},
	}
}

// migrated are more of them.
func migrated() []Shape {
	return []Shape{
		{Name: "a step that another one replaces", Steps: "CC.", Next: &Shape{Steps: "C.R"}},
		{Name: "a step under the name of another", Steps: "CC", Next: &Shape{Steps: "CR"}},
		{Name: "a sequence that becomes branches", Steps: "OO", Next: &Shape{Steps: "OO", Group: "gg"}},
		{Name: "more attempts than before", Steps: "C", Next: &Shape{Steps: "C", Attempts: 2, Undos: 2}},
		{
			Name: "a version that one orchestrator does not know, and crashes of the other", Steps: "C.", Behind: true,
			Crashes: 1, Lone: true, Next: &Shape{Steps: "CO"},
		},
		{
			Name: "a version that one orchestrator does not know, with branches", Steps: "OO.", Group: "gg.", Behind: true,
			Next: &Shape{Steps: "OOR", Group: "gg."},
		},
		{
			Name: "a version that one orchestrator does not know, parked early", Steps: "C.", Behind: true, Impatient: true,
			Next: &Shape{Steps: "CO"},
		},
		{Name: "a crash around a migration", Steps: "C.", Crashes: 1, Lone: true, Next: &Shape{Steps: "CO"}},
		{Name: "crashes around a migration", Steps: "O.", Crashes: 1, Next: &Shape{Steps: "OO"}},
		{Name: "a function that was missing, for a branch", Steps: ".R", Group: ".g", Impatient: true, Next: &Shape{Steps: "OR", Group: "gg"}},
		{Name: "a function that was missing, and a redrive", Steps: "RO", Impatient: true, Redrives: 1, Next: &Shape{Steps: "R."}},
		{Name: "a probe that is gone", Steps: "R", Probes: true, Attempts: 2, Next: &Shape{Steps: "R", Attempts: 2}},
		{Name: "a pivot that is new, before a cancellation", Steps: "C.", Cancels: 1, Next: &Shape{Steps: "CP"}},
		{Name: "a pivot with more attempts, resolved", Steps: "P", Resolves: 1, Redrives: 1, Next: &Shape{Steps: "P", Attempts: 2}},
		{Name: "a compensation with more attempts, redriven", Steps: "C", Redrives: 1, Next: &Shape{Steps: "C", Undos: 2}},
		{Name: "a branch that becomes another group", Steps: "OO.", Group: "gg.", Next: &Shape{Steps: "OOO", Group: ".gg"}},
		{Name: "a branch that is new, and a limit", Steps: "OO.", Group: "gg.", Next: &Shape{Steps: "OOO", Group: "ggg", Limit: 1}},
		{Name: "a wait before a branch that is new", Steps: ".C", Group: ".g", Next: &Shape{Steps: "WC", Group: "gg"}},
		{Name: "branches behind the pivot that become a sequence", Steps: "RO", Group: "gg", Next: &Shape{Steps: "RR"}},
		{Name: "a limit in total that is gone", Steps: "O", Attempts: 2, Total: true, Next: &Shape{Steps: "O", Attempts: 2}},
		{Name: "a deadline that was extended, migrated", Steps: "O.", Deadline: true, Extends: 1, Next: &Shape{Steps: "OO"}},
		{Name: "a step behind a child that is new", Steps: "K.", Next: &Shape{Steps: "KO"}, Child: &Shape{Steps: "C"}},
		{Name: "a child that is new, before a cancellation", Steps: "C.", Cancels: 1, Next: &Shape{Steps: "CK"}, Child: &Shape{Steps: "O"}},
		{Name: "a child that may stay from now on", Steps: "OK", Next: &Shape{Steps: "ON"}, Child: &Shape{Steps: "C"}},
	}
}
