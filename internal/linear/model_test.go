package linear_test

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/anishathalye/porcupine"
)

// call is what a client asked of a stream. Without ids it is a read.
type call struct {
	stream   string
	expected int64 // the revision that the stream must have, -1 for none
	ids      list
}

type outcome int

const (
	stored outcome = iota + 1
	conflict
	unknown
	read
)

// answer is what the client was told.
type answer struct {
	outcome  outcome
	revision int64 // after an append that was stored, or the actual one of a conflict
	ids      list  // of a read
}

// list is the events of a stream by number, four bytes for each. As a string it is its own hash and comparison.
type list string

func (l list) revision() int64 { return int64(len(l)/4) - 1 }

// holds reports whether the other list stands in this one after a revision.
func (l list) holds(after int64, other list) bool {
	from := 4 * (int(after) + 1)
	return from+len(other) <= len(l) && l[from:from+len(other)] == other
}

func (l list) with(number uint32) list {
	return list(binary.BigEndian.AppendUint32([]byte(l), number))
}

func (l list) String() string {
	var numbers []uint32
	for b := []byte(l); len(b) >= 4; b = b[4:] {
		numbers = append(numbers, binary.BigEndian.Uint32(b))
	}
	return fmt.Sprint(numbers)
}

// step says whether a stream that holds before can give this answer, and what it holds afterwards.
func step(before list, c call, a answer) (possible bool, after list) {
	current := before.revision()
	switch {
	case a.outcome == read:
		return a.ids == before, before
	case current == c.expected: // it is stored, whether or not the client is told
		after = before + c.ids
		return a.outcome == unknown || a.outcome == stored && a.revision == after.revision(), after
	case before.holds(c.expected, c.ids): // the repeat of one that was stored gets its answer
		return a.outcome == unknown || a.outcome == stored && a.revision == c.expected+int64(len(c.ids)/4), before
	}
	return a.outcome == unknown || a.outcome == conflict && a.revision == current, before
}

func model() porcupine.Model {
	return porcupine.Model{
		Partition: byStream,
		Init:      func() any { return list("") },
		Step: func(state, input, output any) (bool, any) {
			return step(state.(list), input.(call), output.(answer))
		},
		DescribeOperation: func(input, output any) string { return describe(input.(call), output.(answer)) },
		DescribeState:     func(state any) string { return state.(list).String() },
	}
}

func describe(c call, a answer) string {
	switch a.outcome {
	case read:
		return "read " + a.ids.String()
	case stored:
		return fmt.Sprintf("append %v after %d: stored, at %d", c.ids, c.expected, a.revision)
	case conflict:
		return fmt.Sprintf("append %v after %d: conflict, at %d", c.ids, c.expected, a.revision)
	case unknown:
	}
	return fmt.Sprintf("append %v after %d: unknown", c.ids, c.expected)
}

func byStream(history []porcupine.Operation) [][]porcupine.Operation {
	streams := map[string][]porcupine.Operation{}
	var names []string
	for _, op := range history {
		name := op.Input.(call).stream
		if streams[name] == nil {
			names = append(names, name)
		}
		streams[name] = append(streams[name], op)
	}
	slices.Sort(names)
	var parts [][]porcupine.Operation
	for _, name := range names {
		parts = append(parts, streams[name])
	}
	return parts
}
