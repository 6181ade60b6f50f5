package proof

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// ResultsVariable names the file to which results are appended.
const ResultsVariable = Prefix + "RESULTS"

// Result is what one part of the proof has done.
type Result struct {
	Part    string            `json:"part"`
	Figures map[string]int64  `json:"figures"`
	Kinds   map[string]int64  `json:"kinds,omitempty"` // how often each kind of fault, damage or shape occurred
	Notes   map[string]string `json:"notes,omitempty"`
}

// TB is what a test offers to Record. Every testing.TB is one.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Record appends the result to the file that SKALD_PROOF_RESULTS names, in one write, and does nothing when it names
// none. It fails the test when the result cannot be written: a part that is missing from the report must not pass.
func Record(t TB, result Result) {
	t.Helper()
	path := os.Getenv(ResultsVariable)
	if path == "" {
		return
	}
	if err := Append(path, result); err != nil {
		t.Fatalf("the result of part %s is lost: %v", result.Part, err)
	}
}

// Append writes the result as one line at the end of the file. Several processes may append to one file.
func Append(path string, result Result) (err error) {
	line, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	// The path is what whoever runs the proof asked for.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // see above
	if err != nil {
		return fmt.Errorf("open results: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// Read returns the results of a file, in the order in which they were written. A line that is no result is an error that
// names its number.
func Read(path string) ([]Result, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	var results []Result
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 16<<20)
	for number := 1; lines.Scan(); number++ {
		var r Result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("line %d of %s is no result: %w", number, path, err)
		}
		results = append(results, r)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	return results, nil
}
