package verify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

type goods = walktest.Goods

// walker lets a saga go any way that it can, through the repository, so that its log is as an orchestrator writes it.
type walker struct {
	t     *rapid.T
	store eventstore.Store
	repo  *aggregate.Repository[*saga.Instance, saga.Command, saga.Event]
	ref   saga.Ref
	inst  *saga.Instance
	head  aggregate.Head
	now   time.Time
	// open are the attempts that have no outcome yet, in the order of their starts.
	open []saga.RecordOutcome
	lost []saga.RecordOutcome // attempts that were given up, and may have succeeded all the same

	correlation string
	waits       []waiting // for children
	signalled   int
}

func newWalker(t *rapid.T, store eventstore.Store, def saga.Definition[goods], id string) *walker {
	w := walkerOf(t, store, def.Name, id)
	w.begin(def, w.ref.String(), nil)
	return w
}

func walkerOf(t *rapid.T, store eventstore.Store, name, id string) *walker {
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	ref := saga.Ref{Name: name, ID: id}
	repo, err := aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](aggregate.Config[*saga.Instance]{
		Store: store, Registry: registry, Category: saga.Category(name),
		New: func(id string) *saga.Instance { return saga.NewInstance(saga.Ref{Name: name, ID: id}) },
	})
	require.NoError(t, err)
	return &walker{
		t: t, store: store, repo: repo, ref: ref, inst: saga.NewInstance(ref),
		head: aggregate.NewHead(ref.Stream()), now: noon.Add(time.Duration(rapid.IntRange(0, 1e9).Draw(t, "nanoseconds"))),
	}
}

func (w *walker) begin(def saga.Definition[goods], correlation string, parent *saga.Parent) {
	plan := def.Plan()
	w.correlation = correlation
	w.decide(saga.StartSaga{
		Now: w.now, Ref: w.ref, Parent: parent, Version: def.Version, DefinitionHash: saga.DefinitionHash(def.Name, def.Version, plan),
		CorrelationID: correlation, Plan: plan, Data: []byte(`{"Item":"lamp"}`), Go: w.slot(), Spare: w.spare(),
	})
}

func (w *walker) slot() bool                  { return rapid.Bool().Draw(w.t, "slot") }
func (w *walker) spare() int                  { return w.pick("spare", 3) }
func (w *walker) pick(what string, n int) int { return rapid.IntRange(0, n-1).Draw(w.t, what) }

// decide lets a command be decided and its events be stored.
func (w *walker) decide(command saga.Command) {
	decided, err := w.inst.Decide(command)
	require.NoError(w.t, err)
	if len(decided) == 0 {
		return
	}
	w.head, err = w.repo.Append(context.Background(), w.head, decided, aggregate.Envelope{
		At: w.now, Actor: "ann", CorrelationID: w.ref.String(),
	})
	require.NoError(w.t, err)
	for _, event := range decided {
		w.inst.Evolve(event)
		w.note(event)
	}
}

func (w *walker) note(event saga.Event) {
	switch e := event.(type) {
	case saga.ChildRequested:
		if w.shut(e.Step); e.Direction == saga.Compensation {
			w.open = nil
		}
		w.asks(e)
	case saga.StepStarted:
		if i := slices.IndexFunc(w.inst.Plan().Steps, func(s saga.PlannedStep) bool { return s.Name == e.Step }); w.inst.Plan().Steps[i].Await == nil {
			w.open = append(w.open, saga.RecordOutcome{Step: e.Step, Attempt: e.Attempt})
		}
	case saga.CompensationStarted:
		w.open = append(w.open, saga.RecordOutcome{Step: e.Step, Attempt: e.Attempt, Direction: saga.Compensation})
	case saga.StepTimedOut:
		w.lost = append(w.lost, w.shut(e.Step)...)
	case saga.StepInterrupted:
		w.lost = append(w.lost, w.shut(e.Step)...)
	case saga.StepCompleted:
		w.shut(e.Step)
	case saga.StepFailed:
		w.shut(e.Step)
	case saga.CompensationFailed, saga.CompensationCompleted, saga.CompensationTimedOut, saga.CompensationInterrupted:
		w.open = nil
	}
}

// shut takes the open attempt of a step's action out of those that are open, and returns it.
func (w *walker) shut(step string) (shut []saga.RecordOutcome) {
	w.open = slices.DeleteFunc(w.open, func(o saga.RecordOutcome) bool {
		is := o.Step == step && o.Direction == saga.Action
		if is {
			shut = append(shut, o)
		}
		return is
	})
	return shut
}

func (w *walker) ended() bool { return w.inst.State().Ended() }

// move lets one thing happen, of those that can.
func (w *walker) move() {
	w.now = w.now.Add(time.Duration(w.pick("milliseconds", 40_000)) * time.Millisecond)
	_, parked := w.inst.Parked()
	_, paused := w.inst.Paused()
	choice := w.pick("move", 100)
	switch {
	case choice < 3:
		w.decide(saga.DeclareStillRunning{})
	case choice < 5:
		w.decide(saga.DeclareMissing{})
	case choice < 15 && len(w.lost) > 0:
		late := w.lost[w.pick("which", len(w.lost))]
		w.succeeds(late, "late")
	case choice < 17:
		w.operate()
	case choice < 18:
		w.migrate()
	case choice < 20 || paused && choice < 50:
		w.pauseOrResume(paused)
	case choice < 25:
		w.decide(saga.Recover{Now: w.now, Jitter: w.jitter(), Go: w.slot(), Spare: w.spare()})
	case choice < 30:
		w.signals()
	case len(w.waits) > 0 && choice < 70:
		w.attend(choice < 40)
	case choice < 35:
		w.decide(saga.Attend{Now: w.now})
	case parked && choice < 43 && w.resolves():
	case choice >= 35 && choice < 45 && w.skips():
	case parked && choice < 50:
		w.redrive()
	case len(w.open) > 0 && choice < 90:
		w.end(w.open[w.pick("which attempt", len(w.open))])
	default:
		w.decide(saga.Proceed{Now: w.now, Spare: w.spare()})
	}
}

func (w *walker) jitter() float64 { return rapid.Float64Range(0, 0.999).Draw(w.t, "jitter") }

// resolves lets an operator say what came of what the saga is parked at, if they can.
func (w *walker) resolves() bool {
	parked, _ := w.inst.Parked()
	resolve := saga.Resolve{
		Step: parked.Step, Direction: parked.Direction, Actor: "ann", Reason: "they said so", SeenRevision: w.inst.Revision(),
	}
	if resolve.Direction == saga.Compensation {
		resolve.Evidence = "a receipt"
	} else if w.slot() {
		resolve.Result = []byte(`"said"`)
	}
	if _, err := w.inst.Decide(resolve); err != nil {
		return false
	}
	w.decide(resolve)
	return true
}

// skips lets an operator pass over a step, if they can.
func (w *walker) skips() bool {
	steps := w.inst.Plan().Steps
	first := w.pick("step", len(steps))
	for i := range steps { // the first from there on that can be
		skip := saga.Skip{
			Step: steps[(first+i)%len(steps)].Name, Actor: "ann", Reason: "not needed", SeenRevision: w.inst.Revision(),
		}
		if _, err := w.inst.Decide(skip); err == nil {
			w.decide(skip)
			return true
		}
	}
	return false
}

func (w *walker) redrive() {
	w.decide(saga.Redrive{Actor: "ann", Reason: "cause removed", SeenRevision: w.inst.Revision()})
}

// operate lets an operator cancel the saga, or end it.
func (w *walker) operate() {
	seen := rapid.SampledFrom([]int64{saga.NotSeen, w.inst.Revision()}).Draw(w.t, "seen")
	cancel := saga.Cancel{Actor: "ann", Reason: "not wanted", SeenRevision: seen}
	if w.pick("extend it", 3) == 0 && w.inst.State() != saga.StateCompensating {
		w.decide(saga.Extend{
			Now: w.now, Deadline: w.now.Add(time.Duration(1+w.pick("by", 60)) * time.Second), Actor: "ann", Reason: "longer", SeenRevision: seen,
		})
		return
	}
	if w.pick("another policy", 2) == 0 && w.changePolicy(seen) {
		return
	}
	if w.pick("end it", 5) == 0 {
		for _, open := range w.open {
			if open.Direction == saga.Action {
				w.lost = append(w.lost, open)
			}
		}
		w.decide(saga.Terminate{Actor: "ann", Reason: "hopeless", SeenRevision: seen})
	} else if _, err := w.inst.Decide(cancel); !errors.Is(err, saga.ErrTooLate) {
		w.decide(cancel)
	}
}

// migrate lets the saga go on by another plan, if that is possible.
func (w *walker) migrate() {
	to := walktest.Migration(w.t, w.inst)
	if _, err := w.inst.Decide(to); !errors.Is(err, saga.ErrCannotMigrate) {
		w.decide(to)
	}
}

func (w *walker) pauseOrResume(paused bool) {
	if paused {
		w.decide(saga.Resume{Actor: "ann", Reason: "go on", SeenRevision: saga.NotSeen})
		return
	}
	w.decide(saga.Pause{Actor: "ann", Reason: "stand still", SeenRevision: saga.NotSeen})
}

func (w *walker) succeeds(open saga.RecordOutcome, result string) {
	open.Now, open.Go, open.Spare = w.now, w.slot(), w.spare()
	open.Outcome = saga.Outcome{Kind: saga.Succeeded, Result: []byte(`"` + result + `"`)}
	w.decide(open)
}

func (w *walker) end(open saga.RecordOutcome) {
	open.Jitter, open.Go, open.Spare = w.jitter(), w.slot(), w.spare()
	switch w.pick("outcome", 8) {
	case 0, 1, 2:
		w.succeeds(open, "x")
		return
	case 3:
		open.Outcome = saga.Outcome{Kind: saga.FailedTransiently, Error: "no answer"}
	case 4:
		open.Outcome = saga.Outcome{Kind: saga.FailedPermanently, Error: "declined"}
	case 5:
		open.Outcome = saga.Outcome{Kind: saga.SucceededWithNothing}
	case 6:
		open.Outcome = saga.Outcome{Kind: saga.TimedOut}
		w.now = w.now.Add(time.Minute)
	case 7:
		open.Outcome = saga.Outcome{Kind: saga.Interrupted}
	}
	open.Now = w.now
	w.decide(open)
}

// finish lets the saga go to its end without further trouble.
func (w *walker) finish() {
	for moves := 0; !w.ended(); moves++ {
		require.Less(w.t, moves, 400, "a saga whose steps succeed ends")
		_, parked := w.inst.Parked()
		_, paused := w.inst.Paused()
		switch {
		case paused:
			w.pauseOrResume(true)
		case len(w.waits) > 0:
			w.attend(true)
		case len(w.open) > 0:
			w.succeeds(w.open[0], "x")
		case parked:
			w.redrive()
		default:
			w.now = w.now.Add(time.Minute)
			w.signals()
			if !w.ended() {
				w.decide(saga.Proceed{Now: w.now, Spare: w.spare()})
			}
		}
	}
}

// late keeps news of a saga that has ended, as an orchestrator does.
func (w *walker) late() {
	if !w.ended() || len(w.lost) == 0 || w.pick("late news", 2) > 0 {
		return
	}
	registry, err := saga.NewRegistry()
	require.NoError(w.t, err)
	lost := w.lost[w.pick("which", len(w.lost))]
	for _, ev := range stored(w.t, w.store) {
		decoded, err := registry.Decode(ev.Type, 1, ev.Data)
		require.NoError(w.t, err)
		completed, ok := decoded.(saga.StepCompleted)
		said, told := decoded.(saga.StepResolved)
		known := ok && completed.Step == lost.Step || told && said.Step == lost.Step && said.Direction == saga.Action
		if known && ev.Stream == w.ref.Stream() {
			return // its success is known
		}
	}
	repo, err := aggregate.NewRepository[*news, saga.Event, saga.Event](aggregate.Config[*news]{
		Store: w.store, Registry: registry, Category: "late:" + w.ref.Name, New: func(string) *news { return &news{} },
	})
	require.NoError(w.t, err)
	_, err = repo.Execute(context.Background(), w.ref.ID,
		saga.StepCompleted{Step: lost.Step, Attempt: lost.Attempt, Late: true}, aggregate.Envelope{At: w.now})
	require.NoError(w.t, err)
}

type news struct{}

func (*news) Decide(event saga.Event) ([]saga.Event, error) { return []saga.Event{event}, nil }
func (*news) Evolve(saga.Event)                             {}

func anyDefinition(t *rapid.T, name string) saga.Definition[goods] {
	return delegate(t, walktest.Sequence(t, name))
}

// anyLog draws the log of a few sagas that went any way, and tells whether all of them have ended.
func anyLog(t *rapid.T) events {
	store := memory.New()
	defer store.Close()
	var walkers []*walker
	for i := range rapid.IntRange(1, 3).Draw(t, "sagas") {
		walkers = append(walkers, newWalker(t, store, enrich(t, anyDefinition(t, fmt.Sprintf("Walk%d", i))), fmt.Sprintf("a/%d", i)))
	}
	for range rapid.IntRange(0, 60).Draw(t, "length") {
		if w := walkers[rapid.IntRange(0, len(walkers)-1).Draw(t, "saga")]; !w.ended() {
			w.move()
		}
	}
	for _, w := range walkers {
		if rapid.Bool().Draw(t, "finish") {
			w.finish()
		}
		w.late()
	}
	return stored(t, store)
}
