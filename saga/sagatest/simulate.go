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
	// Sagas is how many sagas are started in each simulation, their children aside. Default 3.
	Sagas int
	// Orchestrators is how many there are in each simulation, at most three. 0 lets each seed draw one, two or three.
	Orchestrators int

	// OnlySagas starts the sagas of these numbers, from 1, and no others; nil starts all. Only lets something go wrong at
	// the points of these names alone; nil means everywhere. With one seed they are the form in which a failure is
	// reported. What is left out changes nothing for what is left.
	OnlySagas []int
	Only      []string
}

// Simulation is what the seeds have done.
type Simulation struct {
	Seeds     int
	Completed int // sagas
	Failed    int // sagas that were compensated
	SetAside  int // sagas that could not be gone on with, because of an event that no program knew, or that wait for such a one
	// Terminated counts children that an operator has ended as they stood.
	Terminated int
	Parked     int // times that sagas were found parked
	Migrated   int // times that sagas were migrated to the next version
	// Faults counts what went wrong, by kind.
	Faults map[string]int
	// Hash is the SHA-256 of all logs, in hex: the same seeds of the same saga give the same.
	Hash string
	// Seed is the first that went wrong, Err what went wrong, Shrunk the smallest part of that seed that was found to go
	// wrong as well; Err is nil when nothing did.
	Seed   uint64
	Shrunk Seeds
	Err    error
}

// Simulate lets chance go against several sagas at once: one to three orchestrators on one log, which crash at any
// moment and come back, crash again while they do, stop in good order, freeze, and come back as a newer program; clocks
// that jump and drift; a log that is seen late and told again, restart indexes that are lost; a store that refuses,
// reports conflicts that are none, does what it then reports as timed out, and does what somebody asked for who is gone;
// reads that are stale; participants that are slow, refuse, break, panic, hear of a request twice, and answer twice, late or
// after the end; operators who redrive what they see or saw, cancel and pause sagas, change their deadlines and
// retry policies, resolve what the books tell of, skip what Case.Skippable names, and migrate sagas to Case.Next; events of an
// unknown type. Where there are several orchestrators, every other seed lets them share the log by leases, which get lost, lapse, and are granted to two at once.
// Every call of the store is a moment at which others go on. Each seed has rates of its own; a few have one kind of fault
// only, or none.
//
// After twenty minutes of its clock, and in seven seeds of eight after 40 to 80 faults, everything goes well again: then
// every saga that is not parked ends by itself, and every parked one when it is redriven; one that got an event of an
// unknown type is set aside, and nothing is appended to it any more. The same seed gives the same log.
//
// After each seed it checks what Explore checks, and that no event has a token behind one of its stream or that of another
// owner, that no attempt began in an orchestrator that knew it had no lease for it, that in the end each shard is held
// by one, and that whoever migrated sagas was told of each open one what became of it, and why it was left alone. Since a request can be delivered twice, and two orchestrators may run one
// step at once, an action can reach a participant after its compensation: it must then be refused, as [Apply] does.
//
// The first seed that goes wrong is reported to t with its faults, sagas and orchestrators, cut down to those that suffice,
// a sequence chart and the Seeds that show it again. Simulations in which no fault happened at all are void, and are
// reported as an error. Everything happens on the calling goroutine; calls beside each other are independent.
func Simulate[D any](t TB, factory func() Case[D], seeds Seeds) Simulation {
	t.Helper()
	st, err := newStage()
	if err != nil {
		t.Errorf("%s", err)
		return Simulation{Err: err}
	}
	defer st.crew.dismiss()
	return st.simulate(t, subjects(factory), seeds)
}

func (st *stage) simulate(t TB, fresh func() (subject, error), seeds Seeds) Simulation {
	t.Helper()
	seeds.complete()
	sum := Simulation{Faults: map[string]int{}}
	hash := sha256.New()
	for i := range uint64(seeds.Count) {
		r := simulate(st, fresh, seeds.First+i, seeds, false)
		sum.add(r)
		hash.Write(r.hash)
		if r.err != nil {
			sum.Seed, sum.Err = seeds.First+i, r.err
			t.Errorf("%s", sum.explain(st, fresh, seeds, r))
			break
		}
	}
	sum.Hash = hex.EncodeToString(hash.Sum(nil))
	t.Logf("sagatest: %d seeds: %d sagas completed, %d failed and compensated, %d set aside, parked %d times, migrated %d times;"+
		" faults: %s", sum.Seeds, sum.Completed, sum.Failed, sum.SetAside, sum.Parked, sum.Migrated, sum.faults())
	if len(sum.Faults) == 0 && sum.Err == nil {
		sum.Err = fmt.Errorf("the simulation is void: no fault happened in %d seed(s)", sum.Seeds)
		t.Errorf("%s", sum.Err)
	}
	return sum
}

func (s *Seeds) complete() {
	if s.First == 0 {
		s.First = 1
	}
	if s.Count <= 0 {
		s.Count = 100
	}
	if s.Sagas <= 0 {
		s.Sagas = 3
	}
}

func (s *Simulation) add(r result) {
	s.Seeds++
	s.Completed += r.completed
	s.Failed += r.failed
	s.SetAside += r.setAside
	s.Terminated += r.terminated
	s.Parked += r.parked
	s.Migrated += r.migrated
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

// explain cuts a failure down, and tells what went wrong, how it came to that, and how to see it again.
func (s *Simulation) explain(st *stage, fresh func() (subject, error), seeds Seeds, failed result) string {
	s.Shrunk = (&shrinking{st: st, fresh: fresh, seed: s.Seed}).shrink(seeds, failed)
	r := simulate(st, fresh, s.Seed, s.Shrunk, true)
	err := r.err
	if err == nil {
		err = failed.err // the whole run shows it, though the smaller one does not
	}
	var b strings.Builder
	indented := strings.ReplaceAll(err.Error(), "\n", "\n  ")
	fmt.Fprintf(&b, "the saga does not survive seed %d:\n\n  %s\n\nThe faults that suffice:\n\n", s.Seed, indented)
	for _, f := range r.faults {
		fmt.Fprintf(&b, "  %s\n", f)
	}
	fmt.Fprintf(&b, "\nWhat happened:\n\n%s\n", r.chart)
	fmt.Fprintf(&b, "\nAs a test:\n\n  sagatest.Simulate(t, factory, %s)\n", s.Shrunk.GoString())
	return b.String()
}

// GoString returns the seeds as an expression of Go.
func (s Seeds) GoString() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sagatest.Seeds{First: %d, Count: %d, Sagas: %d", s.First, s.Count, s.Sagas)
	if s.Orchestrators > 0 {
		fmt.Fprintf(&b, ", Orchestrators: %d", s.Orchestrators)
	}
	if s.OnlySagas != nil {
		fmt.Fprintf(&b, ", OnlySagas: %#v", s.OnlySagas)
	}
	if s.Only != nil {
		fmt.Fprintf(&b, ", Only: %#v", s.Only)
	}
	b.WriteString("}")
	return b.String()
}
