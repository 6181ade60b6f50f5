package main

import (
	"fmt"
	"regexp"
	"strings"
)

// mutant is one deliberate defect.
type mutant struct {
	name string // the defect in words
	harm string // what it would do to a user
	// edits make the defect, one after the other.
	edits []edit
	// caught are the tests that notice it: each of them must fail.
	caught []check
	// hangs: a test that does not end has noticed it as well.
	hangs bool
}

// edit replaces a text in a file. The text must occur exactly once.
type edit struct {
	file string // below the module, with slashes
	old  string
	new  string
}

// check is one test that passes on the tree as it is.
type check struct {
	pkg  string // below the module
	test string // TestName, or TestName/name of a subtest, as go test prints it
	// says must be in the output when it fails, such as the number of a rule of package verify.
	says string
}

// by makes a check without more than a name.
func by(pkg, test string) check { return check{pkg: pkg, test: test} }

// saying makes a check whose failure has to show a text.
func saying(says, pkg, test string) check { return check{pkg: pkg, test: test, says: says} }

// pattern is the -run of the check.
func (c check) pattern() string {
	var parts []string
	for part := range strings.SplitSeq(c.test, "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
	}
	return strings.Join(parts, "/")
}

// command is the line by which anyone runs the check.
func (c check) command() string {
	return fmt.Sprintf("go test -vet=off -count=1 -run '%s' ./%s", c.pattern(), c.pkg)
}

func (c check) String() string {
	text := c.pkg + ": " + c.test
	if c.says != "" {
		text += fmt.Sprintf(" says %q", c.says)
	}
	return text
}

// mutants returns the whole list. The first ones wait for clocks and disks most of the time, which is of use to those who compute
// beside them.
func mutants() []mutant {
	var all []mutant
	for _, part := range [][]mutant{
		projectionMutants(), rebuildMutants(), sqliteMutants(), eventstoreMutants(), aggregateMutants(), branchMutants(),
		forwardMutants(), compensationMutants(), retryMutants(), outcomeMutants(), operatorMutants(), cancelMutants(),
		languageMutants(), childMutants(), pauseMutants(), policyMutants(), versionMutants(), migrateMutants(), migrationMutants(), resolveMutants(), skipMutants(), wordMutants(), stateMutants(),
		engineMutants(), sessionMutants(), restartMutants(), sharingMutants(), probeMutants(), lintMutants(), wideMutants(),
		sagaviewMutants(), sagaviewLanguageMutants(), verifyMutants(), verifyLanguageMutants(), exampleMutants(),
	} {
		all = append(all, part...)
	}
	return all
}
