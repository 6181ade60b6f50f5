package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// suites are the tests of the client that need no image of a container and no part of the server that is not there.
func suites() []string { return []string{"TestStreams", "TestMisc", "TestPositionParsing"} }

// known are the tests that have to pass.
func known() []string {
	return []string{
		"TestStreams/ClusterTests/notLeaderExceptionButWorkAfterRetry",
		"TestStreams/AppendTests/appendToStreamSingleEventNoStream",
		"TestStreams/AppendTests/appendWithInvalidStreamRevision",
		"TestStreams/AppendTests/metadataOperation",
		"TestStreams/ReadStreamTests/readStreamReturnsEOFAfterCompletion",
		"TestStreams/ReadStreamTests/readStreamNotFound",
		"TestStreams/ReadStreamTests/readStreamWithMaxAge",
		"TestStreams/ReadStreamTests/readStreamWithCredentialsOverride",
		"TestStreams/SubscriptionTests/subscriptionAllFilter",
		"TestStreams/DeleteTests/canDeleteStream",
		"TestStreams/DeleteTests/canTombstoneStream",
		"TestStreams/DeleteTests/detectStreamDeleted",
		"TestStreams/ConnectionTests/closeConnection",
		"TestMisc",
		"TestPositionParsing",
	}
}

// results are the outcomes of tests by their names: pass, skip or fail.
type results map[string]outcome

type outcome struct {
	action string
	output string
}

// parse reads what go test -json prints. A package that does not compile comes out as a failed test without a name.
func parse(said []byte) (results, error) {
	found, output := results{}, map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(said)); ; {
		var e struct {
			Action string `json:"Action"`
			Test   string `json:"Test"`
			Output string `json:"Output"`
		}
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("read what go test said: %w", err)
		}
		output[e.Test] += e.Output
		if slices.Contains([]string{"pass", "skip", "fail"}, e.Action) {
			found[e.Test] = outcome{e.Action, output[e.Test]}
		}
	}
}

// report prints the tests that are not only made of others, and fails when not all is well.
func (r results) report(out io.Writer) error {
	names := slices.Sorted(maps.Keys(r))
	count := map[string]int{}
	for i, name := range names {
		group := i+1 < len(names) && strings.HasPrefix(names[i+1], name+"/")
		if name == "" || group && r[name].action != "fail" {
			continue
		}
		count[r[name].action]++
		fmt.Fprintf(out, "%-5s %s\n", r[name].action, name)
		if r[name].action == "fail" {
			fmt.Fprintln(out, r[name].output)
		}
	}
	fmt.Fprintf(out, "%d passed, %d skipped, %d failed\n", count["pass"], count["skip"], count["fail"])
	for _, name := range known() {
		if r[name].action != "pass" {
			return fmt.Errorf("%s did not pass: %q", name, r[name].action)
		}
	}
	if r[""].action == "fail" || count["fail"] > 0 {
		return fmt.Errorf("the tests of the client failed%s", r[""].output)
	}
	return nil
}
