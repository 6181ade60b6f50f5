package sagatest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// deranged is an engine with a defect in how it has others do what a saga does.
type deranged struct {
	*saga.Engine
	hears func(saga.Input) saga.Input   // nil is not told to it
	wants func(saga.Effect) saga.Effect // nil is not done
}

func (m *deranged) Handle(now time.Time, input saga.Input) (done []saga.Effect) {
	if m.hears != nil {
		if input = m.hears(input); input == nil {
			return nil
		}
	}
	for _, e := range m.Engine.Handle(now, input) {
		if m.wants != nil {
			e = m.wants(e)
		}
		if e != nil {
			done = append(done, e)
		}
	}
	return done
}

// seen lets a defect change what an engine is told of children.
func seen(change func(saga.ChildSeen) saga.ChildSeen) func() *deranged {
	return func() *deranged {
		return &deranged{hears: func(in saga.Input) saga.Input {
			if s, is := in.(saga.ChildSeen); is {
				return change(s)
			}
			return in
		}}
	}
}

// againUnderAnotherID starts a child once more when it looks for its end.
func againUnderAnotherID() *deranged {
	asked := map[saga.Ref]int{}
	return &deranged{wants: func(e saga.Effect) saga.Effect {
		if a, is := e.(saga.AttendChild); is {
			if asked[a.Child]++; asked[a.Child] > 1 {
				a.Child.ID += "/again"
			}
			return a
		}
		return e
	}}
}

// forgetful starts no child that an earlier life has asked for.
func forgetful() *deranged {
	own := map[saga.Ref]bool{}
	return &deranged{wants: func(e saga.Effect) saga.Effect {
		switch e := e.(type) {
		case saga.AppendEvents:
			for _, event := range e.Events {
				if r, is := event.(saga.ChildRequested); is {
					own[r.Child] = true
				}
			}
		case saga.AttendChild:
			if !own[e.Child] {
				return nil
			}
		}
		return e
	}}
}

func TestDefectsOfWhatSagasHaveOthersDoAreFound(t *testing.T) {
	for name, d := range map[string]struct {
		build  func() *deranged
		breaks string
	}{
		"starts a child again under another id":      {againUnderAnotherID, "breaks C3"},
		"starts no child that an earlier life asked": {forgetful, "nothing will ever happen"},
		"does not wait for a child": {seen(func(s saga.ChildSeen) saga.ChildSeen {
			if !s.Ended {
				s.Ended, s.Outcome = true, saga.Outcome{Kind: saga.FailedPermanently, Error: "impatient"}
			}
			return s
		}), "breaks C2"},
		"takes a child that failed for one that completed": {seen(func(s saga.ChildSeen) saga.ChildSeen {
			if s.Ended && s.Outcome.Kind == saga.FailedPermanently {
				s.Outcome = saga.Outcome{Kind: saga.Succeeded, Result: []byte(`{}`)}
			}
			return s
		}), "breaks C2"},
		"takes a child that was ended for one that failed": {seen(func(s saga.ChildSeen) saga.ChildSeen {
			if s.Ended && s.Outcome.Kind == saga.FailedTransiently {
				s.Outcome.Kind = saga.FailedPermanently
			}
			return s
		}), "breaks C2"},
	} {
		t.Run(name, func(t *testing.T) {
			st, err := newStage()
			require.NoError(t, err)
			defer st.crew.dismiss()
			st.assemble = func(c saga.EngineConfig) (machine, error) {
				broken := d.build()
				var err error
				broken.Engine, err = saga.NewEngine(c)
				return broken, err
			}
			r := result{}
			for seed := uint64(1); r.err == nil; seed++ {
				require.Less(t, seed, uint64(100), "it was not found")
				r = simulate(st, subjects(others), seed, Seeds{Sagas: 3}, false)
			}
			require.Regexp(t, d.breaks, r.err.Error())
		})
	}
}
