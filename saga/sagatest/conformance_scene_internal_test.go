package sagatest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/skaldgo/skald/saga"
)

// scene is one scenario as data: what the saga is, and what its participants, the store and people do to it. Every shell
// plays it by the same clock: a call of the store takes two milliseconds, and so does a read.
type scene struct {
	name  string
	steps []sketch         // of version 1 of the definition
	newer []sketch         // of version 2
	plays map[place][]play // how attempts go, by their number; the last one goes for all that follow when it is always
	slips []slip           // of the store
	acts  []act            // what happens from outside; nil is the start of saga 1
	ttl   time.Duration    // of the leases by which orchestrators share the log; 0 when they do not
	broke bool             // the log is damaged on purpose, so it does not keep the rules

	deadline time.Duration
	children map[string][]sketch // the definitions of sagas that others start
}

// sketch is a step.
type sketch struct {
	name    string
	kind    saga.Kind
	options saga.StepOptions
	group   string        // of which it is a branch, with those before and behind it
	probe   bool          // its participant can be asked
	wait    time.Duration // that one which waits for a signal has; 0 for ever
	starts  string        // the sagas that one which starts others starts; those of "undo" compensate it
}

// play is how an attempt goes. The zero play succeeds after a millisecond.
type play struct {
	end    ending
	takes  time.Duration // until it answers, deaf to its context
	unmet  bool          // the participant has not heard of it
	always bool
}

type ending string

const (
	succeeds ending = ""
	refuses  ending = "refuses"
	fails    ending = "fails"
	panics   ending = "panics"
	hangs    ending = "hangs" // until its context ends
)

// slip is what goes wrong with appends of orchestrators and operators, which are numbered from 1, or with orchestrators'
// reads of sagas, when it is unavailableRead.
type slip struct {
	at, times int
	fault     storeFault
	away      time.Duration // until another life of an orchestrator that crashed begins; a second when it is zero
}

func (s slip) hits(number int) bool { return s.at <= number && number < s.at+max(s.times, 1) }

// act is something from outside, at an instant.
type act struct {
	at      time.Duration
	do      deed
	node    int
	id      string // of the saga; "" is "1"
	item    string // that the saga is started with
	version int    // of the definition with which the orchestrator comes back; 0 is 1
	word    word   // of one who speaks
}

type deed string

const (
	starts   deed = "a client starts a saga, and asks every five seconds until it is answered"
	boots    deed = "another orchestrator comes"
	stops    deed = "an orchestrator is stopped, and comes back a second after it has ended"
	redrives deed = "an operator redrives a saga that is parked"
	damages  deed = "somebody appends an event that is none of ours"
	signals  deed = "a signal is sent"
	cancels  deed = "an operator cancels a saga"
	pauses   deed = "an operator pauses a saga"
	resumes  deed = "an operator resumes a saga"
	speaks   deed = "an operator looks at a saga, says what is to be done about it, and is told what comes of that"
)

func (a act) ref() saga.Ref {
	if a.id == "" {
		a.id = "1"
	}
	return saga.Ref{Name: "Parcel", ID: a.id}
}

func (s *scene) course() []act {
	if s.acts == nil {
		return []act{{at: 10 * time.Millisecond, do: starts}}
	}
	return s.acts
}

// play returns how an attempt goes.
func (s *scene) play(at place, attempt int) play {
	plays := s.plays[at]
	switch {
	case attempt <= len(plays):
		return plays[attempt-1]
	case len(plays) > 0 && plays[len(plays)-1].always:
		return plays[len(plays)-1]
	}
	return play{}
}

// actors are the participants of a scene, and remember what they were asked for.
type actors struct {
	scene *scene
	waits bool // attempts take their time by themselves; otherwise the shell sees to that

	mu      sync.Mutex
	ledger  *Ledger
	calls   map[saga.Ref][]string
	answers []string // to clients
	appends int      // calls of the store, those that went wrong included
	reads   int
	slipped int // how many of them went wrong
}

func newActors(s *scene, waits bool) *actors {
	return &actors{scene: s, waits: waits, ledger: NewLedger(), calls: map[saga.Ref][]string{}}
}

// heard keeps what a client was told.
func (a *actors) heard(answer string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers = append(a.answers, answer)
}

type parcel struct {
	Item string `json:"item"`
}

// definition is a version of the scene's definition over these actors.
func (a *actors) definition(version int) saga.Definition[parcel] {
	sketches := a.scene.steps
	if version > 1 {
		sketches = a.scene.newer
	}
	return saga.Definition[parcel]{
		Name: "Parcel", Version: max(version, 1), Steps: a.steps(sketches), Deadline: a.scene.deadline,
	}
}

// note keeps that an attempt was begun.
func (a *actors) note(ref saga.Ref, at place, attempt int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[ref] = append(a.calls[ref], fmt.Sprintf("%s of %s, attempt %d", at.direction, at.step, attempt))
}

func (a *actors) do(ctx context.Context, call saga.Call[parcel]) (string, error) {
	p := a.begin(call, saga.Action)
	if p.unmet {
		return "", a.end(ctx, p)
	}
	a.mu.Lock()
	result, err := Apply(a.ledger, call, fmt.Sprintf("%s of %s by attempt %d", call.Step, call.Data.Item, call.Attempt))
	a.mu.Unlock()
	return result, errors.Join(err, a.end(ctx, p))
}

// look has no effect.
func (a *actors) look(ctx context.Context, call saga.Call[parcel]) (string, error) {
	return "seen", a.end(ctx, a.begin(call, saga.Action))
}

func (a *actors) undo(ctx context.Context, call saga.Call[parcel], result *string) error {
	p := a.begin(call, saga.Compensation)
	if p.unmet {
		return a.end(ctx, p)
	}
	known := "nothing"
	if result != nil {
		known = *result
	}
	a.mu.Lock()
	err := Undo(a.ledger, call)
	ref := saga.Ref{Name: call.SagaName, ID: call.SagaID}
	a.calls[ref] = append(a.calls[ref], fmt.Sprintf("  knows %s, key %s, answers %v", known, call.IdempotencyKey, err))
	a.mu.Unlock()
	if ended := a.end(ctx, p); ended != nil {
		return ended
	}
	return err
}

func (a *actors) begin(call saga.Call[parcel], d saga.Direction) play {
	at := place{call.Step, d}
	if a.waits && !a.known(call, d) {
		a.note(saga.Ref{Name: call.SagaName, ID: call.SagaID}, at, call.Attempt)
	}
	return a.scene.play(at, call.Attempt)
}

// end answers for a play, and takes its time when the shell does not see to it.
func (a *actors) end(ctx context.Context, p play) error {
	if a.waits && p.end != hangs {
		time.Sleep(max(p.takes, time.Millisecond))
	}
	switch p.end {
	case refuses:
		return saga.Permanent(errors.New("refused"))
	case fails:
		return errors.New("broken pipe")
	case panics:
		panic("out of cheese")
	case hangs:
		if !a.waits {
			return nil // the shell does not listen
		}
		<-ctx.Done()
		time.Sleep(time.Millisecond)
		return ctx.Err()
	case succeeds:
	}
	return nil
}

// slip numbers an append, and says what goes wrong with it; nothing goes wrong for operators.
func (a *actors) slip(operator bool) (storeFault, time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.appends++
	for _, slip := range a.scene.slips {
		if !operator && slip.fault != unavailableRead && slip.hits(a.appends) {
			a.slipped++
			return slip.fault, max(slip.away, crashDowntime)
		}
	}
	return noFault, 0
}

// unreadable numbers a read, and says whether it goes wrong.
func (a *actors) unreadable() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reads++
	for _, slip := range a.scene.slips {
		if slip.fault == unavailableRead && slip.hits(a.reads) {
			a.slipped++
			return true
		}
	}
	return false
}

// told returns everything that the actors were asked for, saga by saga, and what clients were told in any order.
func (a *actors) told() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	lines := []string{fmt.Sprintf("%d appends and %d reads, %d of them went wrong", a.appends, a.reads, a.slipped)}
	refs := make([]saga.Ref, 0, len(a.calls))
	for ref := range a.calls {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, func(x, y saga.Ref) int { return strings.Compare(x.String(), y.String()) })
	for _, ref := range refs {
		if a.scene.beside() {
			slices.Sort(a.calls[ref]) // of those that begin at one instant any may be the first
		}
		for _, call := range a.calls[ref] {
			lines = append(lines, ref.String()+": "+call)
		}
	}
	slices.Sort(a.answers)
	return append(lines, a.answers...)
}
