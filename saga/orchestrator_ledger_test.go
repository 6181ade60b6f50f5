package saga_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/skaldgo/skald/saga"
)

// ledger is the books of the participants. Like theirs, it keeps each effect under its idempotency key, so that a repeat
// changes nothing; unlike theirs, it also notes everything that an orchestrator must never ask for.
type ledger struct {
	mu       sync.Mutex
	effects  map[string]int        // by key of the action: how often it was asked for
	undone   map[string]bool       // by key of the action: its compensation has succeeded
	attempts map[string]int        // by key and attempt number: how often that very attempt was run
	running  map[string]int        // by process and saga: attempts that have not returned
	apart    bool                  // branches run side by side: attempts that have not returned are counted by their key
	most     int                   // the most attempts of all sagas that ran at once
	now      int                   // attempts that run
	fences   map[saga.Ref][]uint64 // of the calls, in order
	problems []string
}

func newLedger() *ledger {
	return &ledger{
		effects: map[string]int{}, undone: map[string]bool{}, attempts: map[string]int{}, running: map[string]int{},
		fences: map[saga.Ref][]uint64{},
	}
}

func (l *ledger) problem(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

// begin notes that an attempt runs in a process; the function that it returns notes the end.
func (l *ledger) begin(process int, ref saga.Ref, key string, attempt int) (end func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := fmt.Sprintf("%d %s", process, ref)
	if l.apart {
		own = fmt.Sprintf("%d %s", process, key)
	}
	l.running[own]++
	if l.running[own] > 1 {
		l.problem("%s: attempt %d of %s began while another attempt still ran in its process", ref, attempt, key)
	}
	numbered := fmt.Sprintf("%s #%d", key, attempt)
	l.attempts[numbered]++
	if l.attempts[numbered] > 1 {
		l.problem("attempt %s ran twice", numbered)
	}
	l.now++
	l.most = max(l.most, l.now)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.running[own]--
		l.now--
	}
}

// fenced notes the token of a call.
func (l *ledger) fenced(ref saga.Ref, token uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fences[ref] = append(l.fences[ref], token)
}

// fencesOf returns the tokens of all calls of a saga.
func (l *ledger) fencesOf(ref saga.Ref) []uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.fences[ref])
}

// act applies the effect of an action.
func (l *ledger) act(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.undone[key] {
		l.problem("the effect of %s came after its compensation", key)
	}
	l.effects[key]++
}

// undo takes the effect of an action back, if there is one.
func (l *ledger) undo(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.undone[key] = true
	if l.effects[key] == 0 {
		return saga.ErrNothingToCompensate
	}
	return nil
}

// standing returns the steps of a saga whose effect stands, in order of name.
func (l *ledger) standing(ref saga.Ref, steps []string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var standing []string
	for _, step := range steps {
		key := saga.IdempotencyKey(ref, step, saga.Action, 0)
		if l.effects[key] > 0 && !l.undone[key] {
			standing = append(standing, step)
		}
	}
	slices.Sort(standing)
	return standing
}

// faults returns what no ledger should show.
func (l *ledger) faults() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := slices.Clone(l.problems)
	for _, own := range slices.Sorted(maps.Keys(l.running)) {
		if l.running[own] < 0 {
			found = append(found, "more attempts ended than began: "+own)
		}
	}
	return found
}
