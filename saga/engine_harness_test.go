package saga_test

import (
	"errors"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/saga"
)

// world is a clock and a log for engines that are driven by hand. Nothing happens in it by itself.
type world struct {
	t       rapid.TB
	now     time.Time
	streams map[saga.Ref][]saga.Event
	at      map[saga.Ref][]time.Time // when each event was decided
	log     []saga.EventSeen
}

func newWorld(t rapid.TB) *world {
	return &world{t: t, now: noon, streams: map[saga.Ref][]saga.Event{}, at: map[saga.Ref][]time.Time{}}
}

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

// write appends to a saga's stream, as an orchestrator or an operator elsewhere would.
func (w *world) write(ref saga.Ref, events ...saga.Event) { w.writeAt(w.now, ref, events...) }

func (w *world) writeAt(at time.Time, ref saga.Ref, events ...saga.Event) {
	for _, event := range events {
		w.streams[ref] = append(w.streams[ref], event)
		w.at[ref] = append(w.at[ref], at)
		w.log = append(w.log, saga.EventSeen{Ref: ref, Revision: int64(len(w.streams[ref]) - 1), Type: event.EventType()})
	}
}

// fold returns the saga as its stream tells it.
func (w *world) fold(ref saga.Ref) *saga.Instance {
	inst := saga.NewInstance(ref)
	for _, event := range w.streams[ref] {
		inst.Evolve(event)
	}
	require.Empty(w.t, inst.Fault(), "every history that engines write is possible")
	return inst
}

func (w *world) head(ref saga.Ref) aggregate.Head {
	return aggregate.Head{Stream: ref.Stream(), Revision: int64(len(w.streams[ref]) - 1)}
}

// types returns the names of a saga's events from a revision on.
func (w *world) types(ref saga.Ref, from int) []string {
	var types []string
	for _, event := range w.streams[ref][min(from, len(w.streams[ref])):] {
		types = append(types, event.EventType())
	}
	return types
}

// redrive does what an operator does.
func (w *world) redrive(ref saga.Ref) {
	inst := w.fold(ref)
	events, err := inst.Decide(saga.Redrive{Actor: "ann", Reason: "cause removed", SeenRevision: inst.Revision()})
	require.NoError(w.t, err)
	w.write(ref, events...)
}

// node is an engine with a shell that only keeps what is to be done until the test does it.
type node struct {
	*world
	engine  *saga.Engine
	workers int
	effects []saga.Effect // of the last input
	appends []saga.AppendEvents
	loads   []saga.Ref
	running []saga.RunAttempt
	timers  map[saga.Ref]time.Time
	replies map[uint64]saga.Reply
	settled []saga.Settled
	late    []saga.AppendLate
	told    []saga.Transition
	batches int // appends that were acknowledged
	cancels int
	seen    int // how much of the log it has been told
	heard   []heard
	tokens  uint64
}

func (w *world) node(workers int, definitions ...saga.AnyDefinition) *node {
	engine, err := saga.NewEngine(saga.EngineConfig{
		Definitions: definitions, Workers: workers, Actor: "engine", Transitions: true,
	})
	require.NoError(w.t, err)
	return &node{
		world: w, engine: engine, workers: workers,
		timers: map[saga.Ref]time.Time{}, replies: map[uint64]saga.Reply{}, seen: len(w.log),
	}
}

// handle gives the engine one input, keeps its effects and checks what must hold at any moment.
func (n *node) handle(input saga.Input) {
	n.t.Helper()
	n.effects = slices.Clone(n.engine.Handle(n.now, input))
	n.heard = append(n.heard, n.hear(input))
	for _, effect := range n.effects {
		n.keep(effect)
	}
	require.LessOrEqual(n.t, len(n.running), n.workers, "no more attempts run than there are workers")
	require.Equal(n.t, len(n.running), n.engine.Counts().Attempts, "every attempt that runs is counted, and no other")
	n.requireNoSlotIsIdle()
}

func (n *node) keep(effect saga.Effect) {
	n.t.Helper()
	switch e := effect.(type) {
	case saga.AppendEvents:
		require.NotEmpty(n.t, e.Events)
		busy := slices.ContainsFunc(n.appends, func(a saga.AppendEvents) bool { return a.Ref == e.Ref })
		require.False(n.t, busy, "one append of a saga is in flight at most")
		e.Events = slices.Clone(e.Events)
		n.appends = append(n.appends, e)
	case saga.LoadSaga:
		require.NotContains(n.t, n.loads, e.Ref, "one load of a saga is under way at most")
		n.loads = append(n.loads, e.Ref)
	case saga.RunAttempt:
		n.requireNoneLingers(e)
		n.requireRecorded(e)
		n.running = append(n.running, e)
	case saga.SetTimer:
		delete(n.timers, e.Ref)
		if !e.At.IsZero() {
			n.timers[e.Ref] = e.At
		}
	case saga.Reply:
		require.NotContains(n.t, n.replies, e.Token, "a start is answered once")
		n.replies[e.Token] = e
	case saga.Settled:
		n.settled = append(n.settled, e)
	case saga.AppendLate:
		n.late = append(n.late, e)
	case saga.Published:
		n.told = append(n.told, e.Transition)
	case saga.CancelAttempts:
		n.cancels++
	}
}

// requireRecorded demands that an attempt is durable before it runs.
func (n *node) requireRecorded(e saga.RunAttempt) {
	n.t.Helper()
	for _, b := range n.past(e.Ref).running() {
		if b.trackID == (trackID{e.Step, e.Direction}) {
			require.Equal(n.t, []any{e.Attempt, e.Deadline}, []any{b.Attempt, b.Deadline})
			return
		}
	}
	n.t.Fatalf("%s runs %s, which is not recorded: %v", e.Ref, e.Step, inBrief(n.streams[e.Ref]))
}

// past is what has happened to a saga.
func (w *world) past(ref saga.Ref) past {
	return past{ref: ref, plan: planOf(w.streams[ref]), events: w.streams[ref]}
}

// requireNoneLingers demands that no attempt begins beside one of the same saga that was given up and has not returned.
func (n *node) requireNoneLingers(e saga.RunAttempt) {
	n.t.Helper()
	open := n.past(e.Ref).running()
	for _, r := range n.running {
		isOpen := slices.ContainsFunc(open, func(b opened) bool {
			return b.trackID == (trackID{r.Step, r.Direction}) && b.Attempt == r.Attempt
		})
		require.True(n.t, r.Ref != e.Ref || isOpen, "%s begins beside %s, which was given up and still runs", e.Step, r.Step)
	}
}

// requireNoSlotIsIdle demands that nobody waits for a slot which nobody uses.
func (n *node) requireNoSlotIsIdle() {
	n.t.Helper()
	if n.engine.Counts().Queued > 0 && len(n.appends)+len(n.loads) == 0 {
		require.Len(n.t, n.running, n.workers, "a slot is idle, and somebody waits for one")
	}
}

// start asks for a saga and returns the token of the answer.
func (n *node) start(ref saga.Ref, data []byte) uint64 {
	n.t.Helper()
	n.tokens++
	n.handle(saga.StartRequested{Token: n.tokens, Ref: ref, Data: data, CorrelationID: ref.String()})
	return n.tokens
}

// took lets the saga's append happen; false when it lost against another writer.
func (n *node) took(ref saga.Ref) bool {
	n.t.Helper()
	i := slices.IndexFunc(n.appends, func(a saga.AppendEvents) bool { return a.Ref == ref })
	require.GreaterOrEqual(n.t, i, 0, "%s has an append in flight", ref)
	a := n.appends[i]
	n.appends = slices.Delete(n.appends, i, i+1)
	if a.Head.Revision != n.head(ref).Revision {
		n.handle(saga.AppendConflicted{Ref: ref})
		return false
	}
	n.writeAt(a.Envelope.At, ref, a.Events...)
	n.batches++
	n.handle(saga.EventsAppended{Ref: ref, Head: n.head(ref)})
	return true
}

// refuse lets the store say that it will never take the saga's append.
func (n *node) refuse(ref saga.Ref) {
	n.t.Helper()
	n.appends = slices.DeleteFunc(n.appends, func(a saga.AppendEvents) bool { return a.Ref == ref })
	n.handle(saga.AppendRefused{Ref: ref, Err: errTooLarge})
}

var errTooLarge = errors.New("too large")

// load answers the engine's load of a saga.
func (n *node) load(ref saga.Ref) {
	n.t.Helper()
	i := slices.Index(n.loads, ref)
	require.GreaterOrEqual(n.t, i, 0, "%s is to be loaded", ref)
	n.loads = slices.Delete(n.loads, i, i+1)
	n.handle(saga.SagaLoaded{
		Ref: ref, Instance: n.fold(ref), Head: n.head(ref), Missing: len(n.streams[ref]) == 0,
	})
}

// restore hands a saga to the engine as a restart does.
func (n *node) restore(ref saga.Ref) {
	n.t.Helper()
	n.handle(saga.SagaLoaded{Ref: ref, Instance: n.fold(ref), Head: n.head(ref), Restart: true})
}

// ran returns the saga's attempt whose function runs.
func (n *node) ran(ref saga.Ref) saga.RunAttempt {
	n.t.Helper()
	i := slices.IndexFunc(n.running, func(r saga.RunAttempt) bool { return r.Ref == ref })
	require.GreaterOrEqual(n.t, i, 0, "an attempt of %s runs", ref)
	return n.running[i]
}

// ends lets the function of the saga's running attempt return.
func (n *node) ends(ref saga.Ref, outcome saga.Outcome) {
	n.t.Helper()
	n.returns(n.ran(ref), outcome)
}

// returns lets the function of a running attempt return.
func (n *node) returns(r saga.RunAttempt, outcome saga.Outcome) {
	n.t.Helper()
	n.running = slices.DeleteFunc(n.running, func(other saga.RunAttempt) bool {
		return r.Ref == other.Ref && r.Step == other.Step && r.Direction == other.Direction && r.Attempt == other.Attempt
	})
	n.handle(saga.AttemptEnded{Ref: r.Ref, Step: r.Step, Direction: r.Direction, Attempt: r.Attempt, Outcome: outcome})
}

// step lets an attempt return and its outcome become durable.
func (n *node) step(ref saga.Ref, outcome saga.Outcome) {
	n.t.Helper()
	n.ends(ref, outcome)
	require.True(n.t, n.took(ref))
}

// fireDue fires every timer whose instant has come, as a shell does: until none is due.
func (n *node) fireDue() {
	n.t.Helper()
	for range 10_000 {
		ref, due := n.earliest()
		if !due {
			return
		}
		delete(n.timers, ref)
		n.handle(saga.TimerFired{Ref: ref})
	}
	n.t.Fatal("timers in the past are set again and again")
}

func (n *node) earliest() (earliest saga.Ref, due bool) {
	for ref, at := range n.timers {
		if at.After(n.now) {
			continue
		}
		if !due || at.Before(n.timers[earliest]) || at.Equal(n.timers[earliest]) && ref.String() < earliest.String() {
			earliest, due = ref, true
		}
	}
	return earliest, due
}

// follow tells the engine what the log holds, as far as it asks for it.
func (n *node) follow() {
	n.t.Helper()
	for ; n.seen < len(n.log); n.seen++ {
		switch n.log[n.seen].Type {
		case saga.TypeSagaStarted, saga.TypeSagaCompleted, saga.TypeSagaFailed, saga.TypeStepRedriven,
			saga.TypeSagaTerminated, saga.TypeSagaCancelRequested, saga.TypeSignalReceived:
			n.handle(n.log[n.seen])
		}
	}
}

// settle lets appends and loads happen until there are none, and leaves attempts and timers alone.
func (n *node) settle() {
	n.t.Helper()
	for len(n.appends)+len(n.loads) > 0 {
		for len(n.appends) > 0 {
			n.took(n.appends[0].Ref)
		}
		for len(n.loads) > 0 {
			n.load(n.loads[0])
		}
	}
}

func ok(result string) saga.Outcome {
	return saga.Outcome{Kind: saga.Succeeded, Result: []byte(`"` + result + `"`)}
}

var (
	failed    = saga.Outcome{Kind: saga.FailedTransiently, Error: "no answer"}
	refused   = saga.Outcome{Kind: saga.FailedPermanently, Error: "declined"}
	panicked  = saga.Outcome{Kind: saga.FailedTransiently, Error: "panic: boom", Stack: "goroutine 1"}
	undone    = saga.Outcome{Kind: saga.Succeeded}
	nothing   = saga.Outcome{Kind: saga.SucceededWithNothing}
	timedOut  = saga.Outcome{Kind: saga.TimedOut}
	interrupt = saga.Outcome{Kind: saga.Interrupted}
)
