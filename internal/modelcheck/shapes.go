package modelcheck

import "strings"

// Shapes returns what a campaign over sagas of up to so many steps explores, the largest first. From three steps on that
// is every sequence of kinds that a definition can have, each with a crash of each orchestrator, with retries, and with
// redrives by an operator and orchestrators that park early; and some with more than that at once. Below it is a part of
// them that takes seconds.
func Shapes(steps int) []Shape {
	var shapes []Shape
	for length := min(steps, MaxSteps); length > 0; length-- {
		if length > 1 && steps < MaxSteps {
			shapes = append(shapes, brief(length)...)
			continue
		}
		if steps >= MaxSteps {
			shapes = append(shapes, special(length)...)
		}
		for _, kinds := range sequences(length) {
			shapes = append(shapes,
				Shape{Steps: kinds, Crashes: 1},
				Shape{Steps: kinds, Attempts: 2, Undos: retriedUndos(length)})
			if length < MaxSteps { // in the longest it is the special shapes that are redriven
				shapes = append(shapes, Shape{Steps: kinds, Redrives: 1, Impatient: true})
			}
		}
	}
	return shapes
}

// retriedUndos is how often compensations are tried in the shapes with retries. In the longest that would double what the
// special shapes have seen already.
func retriedUndos(length int) int {
	if length < MaxSteps {
		return 2
	}
	return 1
}

func brief(length int) []Shape {
	shapes := []Shape{{Steps: "CP", Crashes: 1}, {Steps: "FC"}, {Steps: "C", Attempts: 2, Total: true}}
	for _, kinds := range sequences(length) {
		shapes = append(shapes, Shape{Steps: kinds, Redrives: 1})
	}
	return shapes
}

// sequences returns every order of kinds that a definition can have: before the point of no return steps are compensable
// or read-only, behind it retriable or read-only.
func sequences(length int) []string {
	if length == 0 {
		return []string{""}
	}
	var all []string
	for _, before := range sequences(length - 1) {
		next := "COPR"
		if strings.ContainsAny(before, "PR") {
			next = "OR"
		}
		for _, kind := range next {
			all = append(all, before+string(kind))
		}
	}
	return all
}

// special returns the shapes of a length that have what the others leave out.
func special(length int) []Shape {
	switch length {
	case 1:
		return []Shape{
			{Steps: "F", Attempts: 2, Crashes: 1},
			{Steps: "C", Crashes: 1, Snapshots: true},
			{Steps: "C", Attempts: 2, Undos: 2, Total: true},
			{Steps: "C", Crashes: 1, Redrives: 1},
			{Steps: "R", Crashes: 1, Redrives: 1, Impatient: true},
		}
	case 2:
		return []Shape{
			{Steps: "FC", Crashes: 1},
			{Steps: "CP", Attempts: 2, Snapshots: true},
			{Steps: "CP", Attempts: 2, Redrives: 1, Total: true},
			{Steps: "PR", Crashes: 1, Redrives: 1},
			{Steps: "PR", Attempts: 2, Crashes: 1},
			{Steps: "CC", Crashes: 1, Snapshots: true},
		}
	}
	return []Shape{
		{Steps: "CCC", Undos: 2}, // with retried actions as well it is what CC, Attempts: 2, Undos: 2 has seen, sixfold
		{Steps: "CFC", Crashes: 1},
		{Steps: "CCP", Attempts: 2, Redrives: 1},
	}
}
