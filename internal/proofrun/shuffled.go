package main

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/skaldgo/skald/internal/proof"
)

// shuffles is the part that runs the suite of the stores SHUFFLES times for each of them, in other orders each time.
const shuffles = "stores-shuffled"

// What go test and the suite say with -v: the orders of the top-level tests and of the cases, each case that passed, and
// the package that has ended.
var (
	topOrder   = regexp.MustCompile(`(?m)^-test\.shuffle (\d+)`)
	caseOrder  = regexp.MustCompile(`the order of the cases: SKALD_SEED=(\d+)`)
	casePassed = regexp.MustCompile(`^ +--- PASS: TestConformance/[^/]+/`)
	ended      = regexp.MustCompile(`^ok\s+(\S+)`)
)

func (r *runner) shuffles(ctx context.Context, p *part) (proof.Result, []byte, error) {
	result := proof.Result{Part: shuffles, Figures: map[string]int64{}, Kinds: map[string]int64{}, Notes: map[string]string{}}
	asked := p.asks[r.size]["SHUFFLES"]
	line := slices.Concat(p.command, []string{"-count", strconv.Itoa(asked)})
	output, err := r.command(ctx, p, process{line: line})
	if err != nil {
		return result, failures(output), fmt.Errorf("part %s failed: %w", p.name, err)
	}
	for _, store := range packagesIn(output) {
		seeds := caseOrder.FindAllSubmatch(store.output, -1)
		if len(seeds) < asked {
			return result, nil, fmt.Errorf("part %s is void: the suite ran %d times on %s", p.name, len(seeds), store.name)
		}
		result.Kinds[store.name] = store.cases
		result.Figures["stores"]++
		result.Figures["runs"] += int64(len(seeds))
		result.Figures["cases passed"] += store.cases
		result.Notes["seeds of "+store.name] = numbers(seeds)
		result.Notes["-shuffle of "+store.name] = numbers(topOrder.FindAllSubmatch(store.output, -1))
	}
	return result, nil, nil
}

// tested is what was printed for one package.
type tested struct {
	name   string
	output []byte
	cases  int64
}

func packagesIn(output []byte) (list []tested) {
	one := tested{}
	for line := range bytes.Lines(output) {
		one.output = append(one.output, line...)
		if casePassed.Match(line) {
			one.cases++
		}
		if m := ended.FindSubmatch(line); m != nil {
			one.name = path.Base(string(m[1]))
			list = append(list, one)
			one = tested{}
		}
	}
	return list
}

func numbers(matches [][][]byte) string {
	list := make([]string, len(matches))
	for i, m := range matches {
		list[i] = string(m[1])
	}
	return strings.Join(list, " ")
}

// failures leaves out what passed, of which -v tells at length.
func failures(output []byte) (rest []byte) {
	for line := range bytes.Lines(output) {
		text := bytes.TrimSpace(line)
		if !bytes.HasPrefix(text, []byte("===")) && !bytes.HasPrefix(text, []byte("--- PASS")) {
			rest = append(rest, line...)
		}
	}
	return rest
}
