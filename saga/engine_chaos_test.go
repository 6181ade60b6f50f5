package saga_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

// Whatever the order in which things happen to two engines that share a log, every saga keeps the rules, and when things
// go well again every saga ends and no engine keeps anything of it.
func TestTwoEnginesInChaosKeepTheRulesAndLeakNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		definitions := []saga.AnyDefinition{briefly("A", false), briefly("B", true), side("C", 0), side("D", 2)}
		w := newWorld(t)
		c := &chaos{T: t, world: w}
		for range rapid.IntRange(1, 2).Draw(t, "engines") {
			c.nodes = append(c.nodes, w.node(rapid.IntRange(1, 3).Draw(t, "workers"), definitions...))
		}
		for range rapid.IntRange(0, 150).Draw(t, "moves") {
			c.move()
		}
		c.calm()
		for _, ref := range c.refs() {
			checkRules(t, w.at[ref], w.streams[ref])
		}
		for _, n := range c.nodes {
			requireForgotten(t, n)
			n.requireRepeatable(definitions)
		}
	})
}

// briefly defines a saga with small limits, so that chaos meets them.
func briefly(name string, withPivot bool) saga.Definition[goods] {
	o := saga.StepOptions{Timeout: time.Minute, Retry: saga.RetryPolicy{MaximumAttempts: 2}}
	undoable := o
	undoable.Compensation = saga.AttemptOptions{Timeout: time.Minute, Retry: o.Retry}
	undoable.TotalTimeout = 2 * time.Minute
	steps := []saga.Step[goods]{compensable("a", undoable), readOnly("b", o), compensable("c", undoable)}
	if withPivot {
		steps = append(steps, pivot("p", o), retriable("r", o))
	}
	return define(name, steps...)
}

// side defines a saga with groups before and after its point of no return, waits, and a deadline.
func side(name string, limit int) saga.Definition[goods] {
	o := saga.StepOptions{Timeout: time.Minute, Retry: saga.RetryPolicy{MaximumAttempts: 2}}
	undoable := o
	undoable.Compensation = saga.AttemptOptions{Timeout: time.Minute, Retry: o.Retry}
	fallback := "nobody said anything"
	d := define(name,
		saga.Parallel("before", compensable("a", undoable), compensable("b", undoable), readOnly("c", o),
			saga.Await[goods]("w", saga.AwaitOptions[string]{Signal: "yes", Timeout: 90 * time.Second, Default: &fallback})).Limit(limit),
		saga.Await[goods]("v", saga.AwaitOptions[string]{Signal: "yes", Timeout: 5 * time.Minute}),
		saga.Parallel("after", readOnly("q", o), retriable("r", o), retriable("s", o)).Limit(limit))
	d.Deadline = 6 * time.Minute
	return d
}

type chaos struct {
	T *rapid.T
	*world
	nodes []*node
}

func (c *chaos) refs() []saga.Ref {
	return slices.SortedFunc(maps.Keys(c.streams), func(a, b saga.Ref) int { return compare(a.String(), b.String()) })
}

func compare(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

// move lets one thing happen.
func (c *chaos) move() {
	n := rapid.SampledFrom(c.nodes).Draw(c.T, "engine")
	switch rapid.IntRange(0, 9).Draw(c.T, "move") {
	case 0:
		ref := saga.Ref{Name: rapid.SampledFrom([]string{"A", "B", "C", "D"}).Draw(c.T, "name"), ID: rapid.SampledFrom([]string{"1", "2", "3"}).Draw(c.T, "id")}
		n.start(ref, someGoods)
	case 1, 2, 3:
		if len(n.appends) > 0 {
			n.took(rapid.SampledFrom(n.appends).Draw(c.T, "append").Ref)
		}
	case 4:
		if len(n.loads) > 0 {
			n.load(rapid.SampledFrom(n.loads).Draw(c.T, "load"))
		}
	case 5, 6:
		if len(n.running) > 0 {
			outcomes := []saga.Outcome{ok("x"), ok("y"), failed, refused, panicked}
			n.returns(rapid.SampledFrom(n.running).Draw(c.T, "attempt"), rapid.SampledFrom(outcomes).Draw(c.T, "outcome"))
		}
	case 7:
		c.pass(time.Duration(rapid.IntRange(0, 40).Draw(c.T, "seconds")) * time.Second)
		n.fireDue()
	case 8:
		n.follow()
	case 9:
		c.operate()
	}
}

// operate lets an operator redrive a parked saga, cancel one or end it, or somebody send a signal.
func (c *chaos) operate() {
	for _, ref := range c.refs() {
		if _, parked := c.fold(ref).Parked(); parked && rapid.Bool().Draw(c.T, "redrive") {
			c.redrive(ref)
			return
		}
	}
	if refs := c.refs(); len(refs) > 0 {
		ref := rapid.SampledFrom(refs).Draw(c.T, "saga")
		c.asks(ref, rapid.SampledFrom([]saga.Command{
			saga.DeliverSignal{Now: c.now, ID: fmt.Sprint("s", len(c.log)), Name: "yes"},
			saga.DeliverSignal{Now: c.now, ID: fmt.Sprint("s", len(c.log)), Name: "yes"},
			saga.Cancel{Actor: "ann", Reason: "not wanted", SeenRevision: saga.NotSeen},
			saga.Terminate{Actor: "ann", Reason: "hopeless", SeenRevision: saga.NotSeen},
		}).Draw(c.T, "asks"))
	}
}

// asks lets a command from outside be decided on what the log holds, whoever runs the saga.
func (c *chaos) asks(ref saga.Ref, command saga.Command) {
	if events, err := c.fold(ref).Decide(command); err == nil {
		c.write(ref, events...)
	}
}

// calm lets everything go well until all sagas have ended.
func (c *chaos) calm() {
	for rounds := 0; ; rounds++ {
		require.Less(c.T, rounds, 200, "every saga ends: %v", c.open())
		for _, n := range c.nodes {
			n.follow()
			n.settle()
			for len(n.running) > 0 {
				n.returns(n.running[0], ok("x"))
				n.settle()
			}
		}
		open := c.open()
		if len(open) == 0 && c.quiet() {
			return
		}
		for _, ref := range c.refs() {
			if _, parked := c.fold(ref).Parked(); parked {
				c.redrive(ref)
			}
		}
		c.pass(time.Minute)
		for _, n := range c.nodes {
			n.fireDue()
		}
	}
}

func (c *chaos) quiet() bool {
	for _, n := range c.nodes {
		if len(n.running)+len(n.appends)+len(n.loads) > 0 || n.seen < len(n.log) {
			return false
		}
	}
	return true
}

func (c *chaos) open() map[string][]string {
	open := map[string][]string{}
	for _, ref := range c.refs() {
		if !c.fold(ref).State().Ended() {
			open[ref.String()] = inBrief(c.streams[ref])
		}
	}
	return open
}

// heard is an input of an engine, to be repeated, and the effects that it had.
type heard struct {
	now     time.Time
	input   func() saga.Input
	effects []string
}

func (n *node) hear(input saga.Input) heard {
	h := heard{now: n.now, input: func() saga.Input { return input }}
	for _, effect := range n.effects {
		h.effects = append(h.effects, inWords(effect))
	}
	if loaded, is := input.(saga.SagaLoaded); is && loaded.Instance != nil { // which the engine has changed since
		stream := n.streams[loaded.Ref]
		events := slices.Clone(stream[:min(len(stream), int(loaded.Head.Revision)+1)])
		h.input = func() saga.Input {
			loaded.Instance = saga.NewInstance(loaded.Ref)
			for _, event := range events {
				loaded.Instance.Evolve(event)
			}
			return loaded
		}
	}
	return h
}

// requireRepeatable demands that another engine does the same when it hears the same.
func (n *node) requireRepeatable(definitions []saga.AnyDefinition) {
	again := newWorld(n.t).node(n.workers, definitions...)
	for i, h := range n.heard {
		var effects []string
		for _, effect := range again.engine.Handle(h.now, h.input()) {
			effects = append(effects, inWords(effect))
		}
		require.Equal(n.t, h.effects, effects, "input %d: %#v", i, h.input())
	}
	require.Equal(n.t, n.engine.Counts(), again.engine.Counts())
}

func inWords(effect saga.Effect) string {
	switch e := effect.(type) {
	case saga.AppendEvents:
		return fmt.Sprint("append ", e.Ref, e.Head.Revision, inBrief(e.Events), e.Envelope)
	case saga.RunAttempt:
		return fmt.Sprint("run ", e.Ref, e.Step, e.Direction, e.Attempt, e.Deadline)
	case saga.Settled:
		return fmt.Sprint("settled ", e.Ref, e.Instance.State(), e.Instance.Revision())
	case saga.AppendLate:
		return fmt.Sprint("late ", e.Ref, brief(e.Event))
	}
	return fmt.Sprintf("%T %+v", effect, effect)
}
