package sagatest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Seeds say what to simulate. The zero value simulates 100 seeds from 1 on.
type Seeds struct {
	First uint64 // default 1
	Count int    // default 100
	// Sagas is how many sagas are started in each simulation. Default 3.
	Sagas int
	// Only, with one seed, lets only the faults of these numbers happen: the form in which a failure is reported.
	Only []int
}

// Simulation is what the seeds have done.
type Simulation struct {
	Seeds     int
	Completed int // sagas
	Failed    int // sagas that were compensated
	Parked    int // times that sagas were found parked
	// Faults counts what went wrong, by kind.
	Faults map[string]int
	// Hash is the SHA-256 of all logs, in hex: the same seeds of the same saga give the same.
	Hash string
	// Seed is the first that went wrong, Only the faults that suffice for it, Err what went wrong; Err is nil when none did.
	Seed uint64
	Only []int
	Err  error
}

// Simulate lets chance go against several sagas at once: one to three orchestrators on one log, which crash at any
// moment and come back; a store that refuses, reports conflicts that are none, and does what it then reports as timed
// out; reads that are stale; participants that are slow, refuse, break, panic, and answer after timing out; clocks that
// jump; operators who redrive. Every call of the store is a moment at which others go on. Each seed has rates of its own.
// After a while everything goes well again: then every saga that is not parked ends by itself, and every parked one when
// it is redriven. The same seed gives the same log.
//
// After each seed it checks what Explore checks. Since two orchestrators may run one step at once, an action can reach a
// participant after its compensation: it must then be refused, as [Apply] does.
//
// The first seed that goes wrong is reported to t with its faults, cut down to those that suffice, a sequence chart and
// the Seeds that show it again. Simulations in which no fault happened at all are void, and are reported as an error.
func Simulate[D any](t TB, factory func() Case[D], seeds Seeds) Simulation {
	t.Helper()
	if seeds.First == 0 {
		seeds.First = 1
	}
	if seeds.Count <= 0 {
		seeds.Count = 100
	}
	if seeds.Sagas <= 0 {
		seeds.Sagas = 3
	}
	fresh := subjects(factory)
	sum := Simulation{Faults: map[string]int{}}
	hash := sha256.New()
	for i := range uint64(seeds.Count) {
		r := simulate(fresh, seeds.First+i, seeds, false)
		sum.add(r)
		hash.Write(r.hash)
		if r.err != nil {
			sum.Seed, sum.Err = seeds.First+i, r.err
			sum.Only = shrink(fresh, sum.Seed, seeds, r)
			seeds.Only = sum.Only
			t.Errorf("%s", sum.explain(simulate(fresh, sum.Seed, seeds, true), seeds))
			break
		}
	}
	sum.Hash = hex.EncodeToString(hash.Sum(nil))
	t.Logf("sagatest: %d seeds: %d sagas completed, %d failed and compensated, parked %d times; faults: %s",
		sum.Seeds, sum.Completed, sum.Failed, sum.Parked, sum.faults())
	if len(sum.Faults) == 0 && sum.Err == nil {
		sum.Err = fmt.Errorf("the simulation is void: no fault happened in %d seed(s)", sum.Seeds)
		t.Errorf("%s", sum.Err)
	}
	return sum
}

func (s *Simulation) add(r result) {
	s.Seeds++
	s.Completed += r.completed
	s.Failed += r.failed
	s.Parked += r.parked
	for _, f := range r.faults {
		s.Faults[f.kind]++
	}
}

func (s *Simulation) faults() string {
	var words []string
	for _, kind := range slices.Sorted(maps.Keys(s.Faults)) {
		words = append(words, fmt.Sprintf("%d × %s", s.Faults[kind], kind))
	}
	return strings.Join(words, ", ")
}

// explain tells what went wrong, how it came to that, and how to see it again.
func (s *Simulation) explain(r result, seeds Seeds) string {
	var b strings.Builder
	indented := func(v any) string { return strings.ReplaceAll(fmt.Sprint(v), "\n", "\n  ") }
	err := r.err
	if err == nil {
		err = s.Err // the whole run shows it, though the smaller one does not
	}
	fmt.Fprintf(&b, "the saga does not survive seed %d:\n\n  %s\n\nThe faults that suffice:\n\n", s.Seed, indented(err))
	for _, f := range r.faults {
		fmt.Fprintf(&b, "  %s\n", f)
	}
	fmt.Fprintf(&b, "\nWhat happened:\n\n%s\n", r.chart)
	fmt.Fprintf(&b, "\nAs a test:\n\n  sagatest.Simulate(t, factory, sagatest.Seeds{First: %d, Count: 1, Sagas: %d, Only: %#v})\n",
		s.Seed, seeds.Sagas, s.Only)
	return b.String()
}

// maxShrinks is how many runs are spent on cutting the faults of a failure down.
const maxShrinks = 300

// shrink leaves out faults of a run as long as it still goes wrong, first many at a time, then one by one.
func shrink(fresh func() (subject, error), seed uint64, seeds Seeds, r result) []int {
	needed := []int{}
	for _, f := range r.faults {
		needed = append(needed, f.number)
	}
	runs := 0
	for size := (len(needed) + 1) / 2; size > 0 && runs < maxShrinks; {
		cut := false
		for at := 0; at < len(needed) && runs < maxShrinks; runs++ {
			seeds.Only = slices.Delete(slices.Clone(needed), at, min(at+size, len(needed)))
			if again := simulate(fresh, seed, seeds, false); again.err != nil {
				needed, cut = seeds.Only, true
				continue
			}
			at += size
		}
		if !cut || size > 1 {
			size /= 2
		}
	}
	return needed
}
