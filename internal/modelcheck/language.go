package modelcheck

// Language returns what a campaign explores of the rest of the language: parallel groups, waits for signals, deadlines,
// cancellations, pauses, what operators say of steps, migrations, probes and children, few steps each and mostly one of them at a time. Each orchestrator crashes once,
// or one of the two where more is under way at once. From three steps on that is all of
// them, below it a part that takes a second.
func Language(steps int) []Shape {
	shapes := append(small(), migratedBriefly()...)
	if steps >= MaxSteps {
		for _, more := range [][]Shape{groups(), waits(), operators(), words(), probes(), children(), migrated()} {
			shapes = append(shapes, more...)
		}
	}
	return shapes
}

// small are those of every size.
func small() []Shape {
	return []Shape{
		{Name: "branches behind the pivot", Steps: "POR", Group: ".gg"},
		{Name: "two branches, of which one runs at a time", Steps: "OO", Group: "gg", Limit: 1, Cancels: 1, Pauses: 1},
		{Name: "a branch beside a wait, cancelled", Steps: "CW", Group: "gg", Signals: 1, Cancels: 1},
		{Name: "a wait, cancelled and paused", Steps: "W", Signals: 2, Crashes: 1, Cancels: 1, Pauses: 1},
		{Name: "two waits that lapse", Steps: "LD", Signals: 2, Crashes: 1, Pauses: 1},
		{Name: "two waits and one signal", Steps: "WW", Signals: 1, Crashes: 1, Cancels: 1},
		{Name: "a pivot with a deadline", Steps: "P", Deadline: true, Cancels: 1, Redrives: 1},
		{Name: "a read with a deadline", Steps: "OL", Deadline: true, Signals: 1, Pauses: 1},
		{Name: "a way back that is cancelled", Steps: "CR", Cancels: 1},
		{Name: "a read, paused", Steps: "O", Pauses: 1, Crashes: 1},
		{Name: "a pivot, resolved", Steps: "P", Resolves: 1, Redrives: 1, Cancels: 1},
		{Name: "a compensation, resolved", Steps: "C", Resolves: 2, Redrives: 1},
		{Name: "a step that is parked early, resolved", Steps: "R", Resolves: 1, Impatient: true},
		{Name: "a step, skipped", Steps: "C", Skips: 1, Attempts: 2},
		{Name: "a pivot, skipped", Steps: "CP", Skips: 1},
		{Name: "a deadline, extended", Steps: "O", Deadline: true, Extends: 1},
		{Name: "branches with a deadline, extended", Steps: "OO", Group: "gg", Deadline: true, Extends: 1},
		{Name: "a retry policy, changed", Steps: "C", Policies: 1},
		{Name: "a pivot with a probe", Steps: "P", Attempts: 2, Probes: true, Cancels: 1},
		{Name: "a child", Steps: "K", Cancels: 1, Child: &Shape{Steps: "C"}},
		{Name: "a child, resolved", Steps: "K", Resolves: 2, Impatient: true, Child: &Shape{Steps: "O"}},
		{Name: "a child that waits for a signal", Steps: "NO", Cancels: 1, Child: &Shape{Steps: "W", Signals: 1}},
	}
}

func groups() []Shape {
	return []Shape{
		{Name: "two branches", Steps: "CC", Group: "gg"},
		{Name: "two branches, cancelled", Steps: "CO", Group: "gg", Cancels: 1},
		{Name: "two branches, paused", Steps: "OO", Group: "gg", Cancels: 1, Pauses: 1},
		{Name: "two branches and a crash", Steps: "OO", Group: "gg", Crashes: 1, Lone: true},
		{Name: "three branches, of which two run at a time", Steps: "COO", Group: "ggg", Limit: 2},
		{Name: "branches that are redriven", Steps: "RO", Group: "gg", Redrives: 1},
		{Name: "a branch beside a wait that lapses", Steps: "CL", Group: "gg", Signals: 1, Pauses: 1},
	}
}

func waits() []Shape {
	return []Shape{
		{Name: "waits side by side", Steps: "WL", Group: "gg", Signals: 2, Cancels: 1, Pauses: 1, Crashes: 1},
		{Name: "a wait with a default, behind a step", Steps: "CD", Signals: 1, Crashes: 1, Lone: true},
		{Name: "a wait behind a step, cancelled", Steps: "CW", Signals: 1, Cancels: 1, Pauses: 1},
		{Name: "a wait behind the pivot", Steps: "PL", Signals: 1, Redrives: 1, Cancels: 1},
		{Name: "a step with a deadline", Steps: "C", Deadline: true, Crashes: 1},
		{Name: "a way back with a deadline", Steps: "CP", Deadline: true, Cancels: 1},
		{Name: "a pivot with a deadline, paused", Steps: "P", Deadline: true, Cancels: 1, Redrives: 1, Pauses: 1},
		{Name: "a wait with the deadline of the saga", Steps: "CW", Deadline: true, Signals: 1, Pauses: 1},
	}
}

func operators() []Shape {
	return []Shape{
		{Name: "a step, cancelled", Steps: "C", Cancels: 1, Crashes: 1},
		{Name: "a step before the pivot, cancelled", Steps: "CP", Cancels: 1, Redrives: 1},
		{Name: "a step, paused", Steps: "C", Pauses: 1, Crashes: 1, Lone: true},
		{Name: "a step before the pivot, paused", Steps: "CP", Pauses: 1, Redrives: 1},
	}
}

// words are those in which operators say something of single steps, of the deadline or of policies.
func words() []Shape {
	return []Shape{
		{Name: "a step and the pivot, resolved", Steps: "CP", Resolves: 2, Redrives: 1},
		{Name: "a step behind the pivot, resolved", Steps: "PR", Resolves: 1, Pauses: 1},
		{Name: "a step that crashes, resolved", Steps: "C", Resolves: 1, Redrives: 1, Crashes: 1, Lone: true},
		{Name: "a step whose attempt goes on, resolved", Steps: "C", Resolves: 1, Impatient: true},
		{Name: "a branch, resolved", Steps: "RO", Group: "gg", Resolves: 1, Redrives: 1},
		{Name: "two steps, skipped", Steps: "CC", Skips: 2},
		{Name: "a pivot, skipped and cancelled", Steps: "CP", Skips: 1, Cancels: 1},
		{Name: "a branch, skipped", Steps: "CO", Group: "gg", Skips: 1},
		{Name: "a wait, skipped", Steps: "CW", Skips: 1, Signals: 1, Pauses: 1},
		{Name: "a step that crashes, skipped", Steps: "R", Skips: 1, Crashes: 1, Attempts: 2},
		{Name: "a deadline of a step, extended", Steps: "C", Deadline: true, Extends: 2},
		{Name: "a deadline of a pivot, extended", Steps: "P", Deadline: true, Extends: 1, Cancels: 1, Redrives: 1},
		{Name: "a branch with an effect and a deadline, extended", Steps: "CO", Group: "gg", Deadline: true, Extends: 1},
		{Name: "a deadline, given", Steps: "C", Extends: 1, Skips: 1},
		{Name: "a retry policy, changed after crashes", Steps: "C", Policies: 1, Crashes: 1, Lone: true},
		{Name: "a retry policy that allows less", Steps: "R", Attempts: 2, Policies: 1, Redrives: 1},
	}
}

func probes() []Shape {
	return []Shape{
		{Name: "a probe", Steps: "C", Probes: true, Crashes: 1, Lone: true},
		{Name: "the probe of a pivot, and a crash", Steps: "P", Probes: true, Crashes: 1},
		{Name: "a probe that is asked twice", Steps: "C", Probes: true, Attempts: 2},
		{Name: "probes of a step and the pivot", Steps: "CP", Probes: true, Cancels: 1},
		{Name: "a probe, paused and cancelled", Steps: "C", Probes: true, Cancels: 1, Pauses: 1},
		{Name: "a probe with a deadline", Steps: "R", Probes: true, Deadline: true, Redrives: 1},
		{Name: "the probe of a branch", Steps: "CO", Group: "gg", Probes: true},
	}
}

func children() []Shape {
	return []Shape{
		{Name: "a child whose orchestrators crash", Steps: "K", Child: &Shape{Steps: "C", Crashes: 1}},
		{Name: "a child whose parent crashes", Steps: "K", Crashes: 1, Cancels: 1, Child: &Shape{Steps: "P"}},
		{
			Name: "a child beyond its point of no return", Steps: "K", Pauses: 1, Cancels: 1, Deadline: true,
			Child: &Shape{Steps: "R", Redrives: 1},
		},
		{Name: "a child that an operator ends", Steps: "KP", Cancels: 1, Child: &Shape{Steps: "C", Terminates: true}},
		{Name: "a child beside a branch", Steps: "KO", Group: "gg", Cancels: 1, Child: &Shape{Steps: "O"}},
		{Name: "a child whose compensation is resolved", Steps: "KO", Resolves: 1, Cancels: 1, Child: &Shape{Steps: "C"}},
		{Name: "a child behind the pivot, resolved", Steps: "PN", Resolves: 1, Impatient: true, Child: &Shape{Steps: "O"}},
		{Name: "a child that an operator has ended, resolved", Steps: "RN", Resolves: 1, Child: &Shape{Steps: "O", Terminates: true}},
		{Name: "a child with branches", Steps: "K", Child: &Shape{Steps: "CO", Group: "gg"}},
	}
}

// Uses returns what of the language a shape uses, in plural words.
func (s *Shape) Uses() (uses []string) {
	for _, one := range []struct {
		what string
		is   bool
	}{
		{"parallel groups", s.Group != ""},
		{"waits for signals", s.waitsAnywhere()},
		{"deadlines", s.Deadline},
		{"cancellations", s.Cancels > 0},
		{"pauses", s.Pauses > 0},
		{"resolutions", s.Resolves > 0},
		{"skips", s.Skips > 0},
		{"extended deadlines", s.Extends > 0},
		{"changed policies", s.Policies > 0},
		{"probes", s.Probes},
		{"children", s.Child != nil},
		{"resolved children", s.Child != nil && s.Resolves > 0},
		{"migrations", s.Next != nil},
		{"a version that is not known to all", s.Behind},
	} {
		if one.is {
			uses = append(uses, one.what)
		}
	}
	return uses
}
