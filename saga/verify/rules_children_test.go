package verify_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

func dataOf(context.Context, saga.Call[goods]) (goods, error) { return goods{}, nil }

func undoData(context.Context, saga.Call[goods]) (any, error) { return goods{}, nil }

func undoWorks(context.Context, saga.Call[goods], *saga.ChildResults) error { return nil }

// contract has a step that starts a saga of Works, and is compensated by one of Works as well, before the step a.
func contract() saga.Definition[goods] {
	o := twice()
	attempts := saga.AttemptOptions{Timeout: o.Timeout, Retry: o.Retry}
	return saga.Definition[goods]{Name: "Contract", Version: 1, Steps: []saga.Step[goods]{
		saga.Child("w", "Works", dataOf, saga.ChildOptions[goods]{
			UndoSaga: "Works", UndoData: undoData, Attempts: attempts, Compensation: attempts,
		}), walktest.Step("a", saga.KindCompensable, o),
	}}
}

func (s *story) asks(n int, d saga.Direction, child string) *story {
	return s.add(saga.ChildRequested{
		Step: "w", Direction: d, Attempt: n, Child: saga.Ref{Name: "Works", ID: child}, Data: []byte(`{}`),
	})
}

const worksID = "Contract/1/w"

// contracted is a contract whose child is asked for.
func contracted(t rapid.TB) *story {
	return tell(t, contract()).does("w", 1).asks(1, saga.Action, worksID)
}

// works begins the child of a contract.
func (s *story) works(id, step, correlation string) *story {
	def := walktest.Step("dig", saga.KindCompensable, twice())
	child := s.story(saga.Definition[goods]{Name: "Works", Version: 1, Steps: []saga.Step[goods]{def}}, id)
	b := child.beginning()
	b.Parent, b.CorrelationID = &saga.Parent{Name: "Contract", ID: "1", Step: step}, correlation
	return child.add(b)
}

func (s *story) own() *story { return s.works(worksID, "w", s.ref.String()) }

// built is a contract whose child has completed.
func built(t rapid.TB) *story {
	s := contracted(t)
	s.own().does("dig", 1).did("dig", 1).completes()
	return s
}

// collapsed is a contract whose child has failed.
func collapsed(t rapid.TB) *story {
	s := contracted(t)
	s.own().does("dig", 1).refused("dig", 1).turns("dig").fails("dig")
	return s
}

// abandoned is a contract whose child an operator has ended.
func abandoned(t rapid.TB) *story {
	s := contracted(t)
	s.own().does("dig", 1).terminates("dig")
	return s
}

func TestStoriesOfParentsAndChildrenAreSound(t *testing.T) {
	undoing := func() *story {
		s := built(t).did("w", 1).does("a", 1).refused("a", 1).turns("a", "w").undoes("w", 1, true)
		return s.asks(1, saga.Compensation, worksID+"/undo")
	}
	for name, tale := range map[string]func() *story{
		"a child completes":   func() *story { return built(t).did("w", 1).does("a", 1).did("a", 1).completes() },
		"a child fails":       func() *story { return collapsed(t).refused("w", 1).turns("w").fails("w") },
		"a child is ended":    func() *story { return abandoned(t).failed("w", 1).turns("w", "w").undoes("w", 1, false) },
		"nobody starts it":    func() *story { return contracted(t).refused("w", 1).turns("w").fails("w") },
		"it is that of other": func() *story { s := contracted(t); s.story(pair(), "2").started(); return s },
		"a saga undoes it": func() *story {
			s := undoing()
			s.works(worksID+"/undo", "w", s.ref.String()).does("dig", 1).refused("dig", 1).turns("dig").fails("dig")
			s.undoRefused("w", 1).parks("w", saga.Compensation, saga.ParkedPermanentError, 1, "no").redriven("w", saga.Compensation)
			s.undoes("w", 2, true).asks(2, saga.Compensation, worksID+"/undo/2")
			s.works(worksID+"/undo/2", "w", s.ref.String()).does("dig", 1).did("dig", 1).completes()
			return s.undid("w", 2).fails("a")
		},
	} {
		t.Run(name, func(t *testing.T) { accept(t, tale().done()) })
	}
}

func ofChildren() map[string][]breach {
	return map[string][]breach{
		"C1": {
			told(func(t rapid.TB) *story { return contracted(t).asks(1, saga.Action, worksID) }),
			told(func(t rapid.TB) *story { return tell(t, contract()).does("w", 1).asks(1, saga.Action, "Contract/2/w") }),
			told(func(t rapid.TB) *story { return tell(t, contract()).does("w", 1).asks(2, saga.Action, worksID) }),
			told(func(t rapid.TB) *story { return tell(t, contract()).asks(1, saga.Action, worksID) }),
		},
		"C2": {
			told(func(t rapid.TB) *story { return tell(t, contract()).does("w", 1).did("w", 1) }),
			told(func(t rapid.TB) *story { s := contracted(t); s.own(); return s.did("w", 1) }),
			told(func(t rapid.TB) *story {
				s := contracted(t)
				s.own().does("dig", 1)
				return s.refused("w", 1).turns("w").fails("w")
			}),
			told(func(t rapid.TB) *story { return built(t).refused("w", 1).turns("w").fails("w") }),
			told(func(t rapid.TB) *story { return collapsed(t).did("w", 1) }),
			told(func(t rapid.TB) *story { return collapsed(t).failed("w", 1).turns("w", "w") }),
			told(func(t rapid.TB) *story { return abandoned(t).refused("w", 1).turns("w").fails("w") }),
			told(func(t rapid.TB) *story { return contracted(t).lost("w", 1) }),
			told(func(t rapid.TB) *story {
				s := contracted(t)
				s.works(worksID, "v", s.ref.String()).does("dig", 1).did("dig", 1).completes()
				return s.did("w", 1)
			}, "C3"),
		},
		"C3": {
			told(func(t rapid.TB) *story { s := contracted(t); s.works(worksID, "w", "mine"); return s }),
			told(func(t rapid.TB) *story { s := contracted(t); s.works(worksID, "a", s.ref.String()); return s }),
			told(func(t rapid.TB) *story { s := tell(t, contract()).does("w", 1); s.own(); return s }),
		},
		"G6": {
			told(func(t rapid.TB) *story { return abandoned(t).failed("w", 1).retry("w", 2, 10*time.Second) }, "G8"),
		},
		"G13": {
			told(func(t rapid.TB) *story {
				s := built(t).did("w", 1).does("a", 1).lost("a", 1).does("a", 2).refused("a", 2).turns("a", "a", "w")
				return s.undoes("a", 1, false).undid("a", 1).undoes("w", 1, true).asks(1, saga.Compensation, worksID+"/undo").
					undoes("w", 2, true)
			}, "G15"),
		},
		"G3": {told(func(t rapid.TB) *story {
			s := newPen(t).story(contract(), "1")
			b := s.beginning()
			b.Plan.Steps[0].Child = nil
			b.DefinitionHash = saga.DefinitionHash(b.Name, b.Version, b.Plan)
			return s.add(b)
		})},
	}
}

// delegate puts a step that starts another saga into a definition now and then.
func delegate(t *rapid.T, def saga.Definition[goods]) saga.Definition[goods] {
	if rapid.IntRange(0, 2).Draw(t, "no child") > 0 {
		return def
	}
	at := rapid.IntRange(0, len(def.Steps)).Draw(t, "child at")
	name := "Child" + def.Name
	for _, o := range rapid.Permutation([]saga.ChildOptions[goods]{
		{UndoSaga: name, UndoData: undoData}, {Undo: undoWorks}, {NothingToUndo: true},
	}).Draw(t, "ways") {
		o.Attempts.Timeout = time.Minute
		if !o.NothingToUndo {
			o.Compensation.Timeout = time.Minute
		}
		try := def
		try.Steps = append(append(append([]saga.Step[goods]{}, def.Steps[:at]...), saga.Child("w", name, dataOf, o)), def.Steps[at:]...)
		if try.Validate() == nil {
			return try
		}
	}
	return def
}

// waiting is an attempt that waits for a child.
type waiting struct {
	outcome saga.RecordOutcome
	child   *walker
}

// asks begins the child that a saga has asked for.
func (w *walker) asks(e saga.ChildRequested) {
	def := walktest.Sequence(w.t, e.Child.Name)
	child := walkerOf(w.t, w.store, def.Name, e.Child.ID)
	child.now = w.now
	child.begin(def, w.correlation, &saga.Parent{Name: w.ref.Name, ID: w.ref.ID, Step: e.Step})
	w.waits = append(w.waits, waiting{
		saga.RecordOutcome{Step: e.Step, Direction: e.Direction, Attempt: e.Attempt}, child,
	})
}

// attend lets a child go on, or its end reach its parent.
func (w *walker) attend(finish bool) {
	one := w.waits[w.pick("which child", len(w.waits))]
	one.child.now = w.now
	switch {
	case !one.child.ended() && w.pick("end the child", 12) == 0:
		one.child.decide(saga.Terminate{Actor: "ann", Reason: "hopeless", SeenRevision: saga.NotSeen})
	case len(one.child.open) > 0 && w.pick("the child fails", 6) == 0:
		one.child.open[0].Now, one.child.open[0].Outcome = w.now, saga.Outcome{Kind: saga.FailedPermanently, Error: "declined"}
		one.child.decide(one.child.open[0])
	case !one.child.ended() && finish:
		one.child.finish()
	case !one.child.ended():
		one.child.move()
	}
	w.now = one.child.now
	outcome, ended := one.child.inst.AsChild()
	if !ended {
		return
	}
	for i := range w.waits {
		if w.waits[i].child == one.child {
			w.waits = append(w.waits[:i], w.waits[i+1:]...)
			break
		}
	}
	if !w.ended() {
		one.outcome.Now, one.outcome.Outcome, one.outcome.Go, one.outcome.Spare = w.now, outcome, w.slot(), w.spare()
		w.decide(one.outcome)
	}
}

// What is drawn has children of every end, or the property of forged logs says nothing about them.
func TestTheDrawnLogsHaveChildrenOfEveryEnd(t *testing.T) {
	seen := map[string]int{}
	for seed := range 300 {
		log := rapid.Custom(anyLog).Example(seed)
		for _, ev := range log {
			if ev.Type == saga.TypeChildRequested {
				seen["asked"]++
			}
			if ref, is := saga.ParseStream(ev.Stream); is && len(ref.Name) > 5 && ref.Name[:5] == "Child" {
				seen[ev.Type]++
			}
		}
	}
	for _, want := range []string{"asked", saga.TypeSagaCompleted, saga.TypeSagaFailed, saga.TypeSagaTerminated} {
		require.NotZero(t, seen[want], fmt.Sprint(want, seen))
	}
}
