package sagatest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// inWords tells an event on one line, without its instants and keys.
func inWords(event saga.Event) string {
	if event == nil {
		return "nothing"
	}
	var about struct {
		Step        string          `json:"step"`
		Attempt     int             `json:"attempt"`
		Error       string          `json:"error"`
		Permanent   bool            `json:"permanent"`
		Late        bool            `json:"late"`
		Nothing     bool            `json:"nothing"`
		Result      json.RawMessage `json:"result"`
		FailedStep  string          `json:"failed_step"`
		Reason      string          `json:"reason"`
		ResultKnown bool            `json:"result_known"`
	}
	encoded, err := json.Marshal(event)
	if err != nil || json.Unmarshal(encoded, &about) != nil {
		return fmt.Sprintf("%s %+v", event.EventType(), event)
	}
	word := []string{event.EventType()}
	say := func(when bool, format string, args ...any) {
		if when {
			word = append(word, fmt.Sprintf(format, args...))
		}
	}
	say(about.Step != "", "%s", about.Step)
	say(about.Attempt > 0, "%d", about.Attempt)
	if requested, is := event.(saga.CompensationRequested); is {
		say(about.FailedStep != "", "because of %s", about.FailedStep)
		say(requested.Plan != nil, "to undo %s", orNothing(requested.Plan))
		return strings.Join(word, " ")
	}
	say(about.FailedStep != "", "because of %s", about.FailedStep)
	if parked, is := event.(saga.SagaParked); is {
		say(true, "%s", parked.Direction)
	}
	if redriven, is := event.(saga.StepRedriven); is {
		say(true, "%s", redriven.Direction)
	}
	if resolved, is := event.(saga.StepResolved); is {
		say(true, "%s", resolved.Direction)
	}
	say(about.Late, "late")
	say(about.Nothing, "nothing to undo")
	say(about.Permanent, "for good")
	say(about.ResultKnown, "with its result")
	say(about.Result != nil, "= %s", about.Result)
	say(about.Reason != "", "(%s)", about.Reason)
	say(about.Error != "", "(%s)", about.Error)
	return strings.Join(word, " ")
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// compared puts two lists of events beside each other, line by line: those that only the first has after "-", those that
// only the second has after "+". Where the words do not tell two events apart, their data do.
func compared(first, second []saga.Event, same func(a, b saga.Event) bool) string {
	// longest[i][j] is the length of the longest common part of first[i:] and second[j:].
	longest := make([][]int, len(first)+1)
	for i := range longest {
		longest[i] = make([]int, len(second)+1)
	}
	for i, a := range slices.Backward(first) {
		for j, b := range slices.Backward(second) {
			longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			if same(a, b) {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	var lines []string
	i, j := 0, 0
	for i < len(first) || j < len(second) {
		switch {
		case i < len(first) && j < len(second) && same(first[i], second[j]):
			lines = append(lines, "    "+inWords(second[j]))
			i, j = i+1, j+1
		case j == len(second) || i < len(first) && longest[i+1][j] >= longest[i][j+1]:
			lines = append(lines, "  - "+distinct(first[i], second))
			i++
		default:
			lines = append(lines, "  + "+distinct(second[j], first))
			j++
		}
	}
	if len(lines) == 0 {
		return "    nothing"
	}
	return strings.Join(lines, "\n")
}

// distinct tells an event in words, and adds its data when another one has the same words.
func distinct(event saga.Event, others []saga.Event) string {
	words := inWords(event)
	for _, other := range others {
		if inWords(other) == words && !reflect.DeepEqual(event, other) {
			data, err := json.Marshal(event)
			if err != nil {
				return words
			}
			return words + " " + string(data)
		}
	}
	return words
}
