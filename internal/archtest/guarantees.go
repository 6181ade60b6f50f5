package archtest

import (
	"go/ast"
	"go/token"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
)

// guaranteesFile lists what Skald promises, one promise in each row of its tables, with its proofs in the last column:
//
//	| what holds | `package/path: TestName` `package/path: the sentence of a subtest` |
const guaranteesFile = "docs/guarantees.md"

var proof = regexp.MustCompile("`([a-z./-]+): ([^`]+)`")

// checkGuarantees wants a test that exists behind every promise.
func checkGuarantees(t *Tree) []Problem {
	text, err := fs.ReadFile(t.files, guaranteesFile)
	if err != nil {
		return []Problem{{Path: guaranteesFile, What: err.Error(), Remedy: "write down what is guaranteed"}}
	}
	var found []Problem
	rows, number := 0, 0
	for line := range strings.Lines(string(text)) {
		number++
		if !isRow(line) {
			continue
		}
		rows++
		for _, what := range t.faultsOfRow(line) {
			found = append(found, Problem{
				Path: guaranteesFile, Line: number, What: what,
				Remedy: "name the test that fails when the promise is broken, or take the promise back",
			})
		}
	}
	if rows == 0 {
		found = append(found, Problem{Path: guaranteesFile, What: "it holds no table", Remedy: "write one row for each promise"})
	}
	return found
}

// isRow tells the rows of a table from its head and its rule; the head's last column is called "proof".
func isRow(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "|") && strings.Trim(line, "|-: ") != "" &&
		!strings.HasSuffix(strings.TrimRight(line, "| "), "proof")
}

func (t *Tree) faultsOfRow(line string) []string {
	cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	proofs := proof.FindAllStringSubmatch(cells[len(cells)-1], -1)
	if len(proofs) == 0 {
		return []string{"the promise has no proof"}
	}
	var faults []string
	for _, p := range proofs {
		if !t.hasTest(p[1], p[2]) {
			faults = append(faults, "there is no test "+strconv.Quote(p[2])+" in "+p[1])
		}
	}
	return faults
}

// hasTest looks for a test function, or for a subtest by the sentence that names it.
func (t *Tree) hasTest(pkg, name string) bool {
	for _, p := range t.Packages {
		if p.Path != pkg {
			continue
		}
		for _, f := range p.Files {
			if (f.Test || p.forTests()) && (f.declares(name) || f.says(name)) {
				return true
			}
		}
	}
	return false
}

func (f *File) declares(test string) bool {
	for _, decl := range f.code.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if ok && fn.Recv == nil && fn.Name.Name == test &&
			(strings.HasPrefix(test, "Test") || strings.HasPrefix(test, "Fuzz") || strings.HasPrefix(test, "Example")) {
			return true
		}
	}
	return false
}

func (f *File) says(sentence string) bool {
	said := false
	ast.Inspect(f.code, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			value, err := strconv.Unquote(lit.Value)
			said = said || err == nil && value == sentence
		}
		return !said
	})
	return said
}
