package saga

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Verdict is what a rehearsal comes to.
type Verdict uint8

// The verdicts.
const (
	// WouldBeSame: the definition decides every event that was recorded.
	WouldBeSame Verdict = iota
	// WouldDiffer: from some event on it decides another course.
	WouldDiffer
	// CannotMigrate: what has happened cannot have happened by the definition, whatever participants answer, or what has
	// yet to happen cannot; Obstacles say why.
	CannotMigrate
	// CannotRead: the history is not that of a saga; Why says at which event.
	CannotRead
)

var verdictNames = [...]string{"same", "would differ", "cannot migrate", "cannot read"}

func (v Verdict) String() string { return nameOf(verdictNames[:], v) }

// MarshalText returns the words of String.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Rehearsal is what a definition would make of the history of one saga.
type Rehearsal struct {
	Ref     Ref
	Verdict Verdict
	// Revision is that of the first event that would not be there now; -1 when no event tells the two apart.
	Revision int64
	// Recorded is the append of that event as the history has it, Now is what would be appended in its place. Now is nil
	// when nothing would be.
	Recorded, Now []Event
	// Why says more, where the events do not tell.
	Why string
	// Obstacles are all the reasons why the saga cannot be migrated.
	Obstacles []string
	// Changes tell how the definition differs from the one that the saga goes by.
	Changes []string

	walk *walk
}

// Alike reports whether the rehearsal takes two events for one and the same: instants that follow from limits which the
// definition has changed, or that were drawn at random, make no difference.
func (r Rehearsal) Alike(a, b Event) bool {
	if r.walk == nil {
		return reflect.DeepEqual(a, b)
	}
	return r.walk.same(a, b)
}

// First returns the first event that differs, as it was recorded and as it would be now; either is nil where there would be
// none, and both are when no event tells the two apart.
func (r Rehearsal) First() (recorded, now Event) {
	at := 0
	for at < len(r.Recorded) && at < len(r.Now) && r.Alike(r.Now[at], r.Recorded[at]) {
		at++
	}
	if at < len(r.Recorded) {
		recorded = r.Recorded[at]
	}
	if at < len(r.Now) {
		now = r.Now[at]
	}
	return recorded, now
}

// String tells the rehearsal on one line.
func (r Rehearsal) String() string {
	said := r.Ref.String() + ": " + r.Verdict.String()
	if len(r.Obstacles) > 0 {
		said += ": " + strings.Join(r.Obstacles, "; ")
	}
	if r.Recorded != nil {
		recorded, now := r.First()
		said += fmt.Sprintf("; at revision %d, recorded was %s, now it would be %s", r.Revision, brief(recorded), brief(now))
	}
	if r.Why != "" {
		said += ": " + r.Why
	}
	return said
}

// brief tells an event by its type, step and attempt.
func brief(event Event) string {
	if event == nil {
		return "nothing"
	}
	var about struct {
		Step    string `json:"step"`
		Attempt int    `json:"attempt"`
	}
	said := event.EventType()
	encoded, err := json.Marshal(event)
	if err != nil || json.Unmarshal(encoded, &about) != nil {
		return said
	}
	if about.Step != "" {
		said += " " + about.Step
	}
	if about.Attempt > 0 {
		said += fmt.Sprintf(" %d", about.Attempt)
	}
	return said
}
