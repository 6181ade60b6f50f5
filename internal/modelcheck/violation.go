package modelcheck

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// ViolationError is a broken rule, with the shortest way to it.
type ViolationError struct {
	// What begins with the number of the rule.
	What string
	// Trace is what happened before, step by step. It is empty for what only package verify has found.
	Trace []string
	// Log is the log with which the rule is broken.
	Log []saga.Event
}

// Error tells everything, on many lines.
func (v *ViolationError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", v.What)
	for i, line := range v.Trace {
		fmt.Fprintf(&b, "%4d. %s\n", i+1, line)
	}
	b.WriteString("The log:\n")
	for i, event := range v.Log {
		fmt.Fprintf(&b, "%4d  %s\n", i, inBrief(event))
	}
	return b.String()
}

// Rule returns the number of the rule.
func (v *ViolationError) Rule() string {
	rule, _, _ := strings.Cut(v.What, ":")
	return rule
}

func inBrief(event saga.Event) string {
	if _, started := event.(saga.SagaStarted); started {
		return event.EventType()
	}
	text, err := json.Marshal(event)
	if err != nil {
		return fmt.Sprintf("%s, which cannot be encoded: %v", event.EventType(), err)
	}
	return event.EventType() + " " + string(text)
}
