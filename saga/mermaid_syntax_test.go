package saga_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// The part of Mermaid's language that is used, line by line. A text holds no character that could end it; entities and
// <br/> are the only markup in it.
var (
	mermaidText  = `"(?:[A-Za-z0-9 _.,!?'()/+=…-]|#[0-9]+;|<br/>)+"`
	mermaidNode  = regexp.MustCompile(`^  ([a-z][a-z0-9]*)(?:\[` + mermaidText + `\]|\[\[` + mermaidText + `\]\]|\(\[` + mermaidText + `\]\)|\[/` + mermaidText + `/\]|\{\{` + mermaidText + `\}\})(?::::([a-z]+))?$`)
	mermaidEdge  = regexp.MustCompile(`^  ([a-z][a-z0-9]*) (?:-->|-\.->|==>)(?:\|` + mermaidText + `\|)? ([a-z][a-z0-9]*)$`)
	mermaidClass = regexp.MustCompile(`^  classDef ([a-z]+) fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#000$`)
)

// requireMermaid demands a flowchart without a fault: every line of a known form, every node with one text, every edge
// between nodes that there are, no node without an edge, and just those classes that nodes have.
func requireMermaid(t require.TestingT, drawn string) {
	lines := strings.Split(strings.TrimSuffix(drawn, "\n"), "\n")
	require.Equal(t, "flowchart TD", lines[0])
	nodes, edges, has, classes := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	linked := map[string]bool{}
	for _, line := range lines[1:] {
		if m := mermaidNode.FindStringSubmatch(line); m != nil {
			require.False(t, nodes[m[1]], "%s stands twice in\n%s", m[1], drawn)
			nodes[m[1]] = true
			if m[2] != "" {
				has[m[2]] = true
			}
			continue
		}
		if m := mermaidEdge.FindStringSubmatch(line); m != nil {
			require.False(t, edges[line], "%q stands twice in\n%s", line, drawn)
			edges[line], linked[m[1]], linked[m[2]] = true, true, true
			continue
		}
		m := mermaidClass.FindStringSubmatch(line)
		require.NotNil(t, m, "line %q of\n%s", line, drawn)
		classes[m[1]] = true
	}
	require.Equal(t, nodes, linked, "nodes and ends of edges of\n%s", drawn)
	require.Equal(t, has, classes, "classes of\n%s", drawn)
}

func TestEveryDefinitionIsDrawnInMermaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := walktest.Definition(t, "Walk")
		drawn := saga.Mermaid(d)
		requireMermaid(t, drawn)
		require.Equal(t, drawn, saga.Mermaid(d))
		for _, step := range d.Plan().Steps {
			require.Contains(t, drawn, "\""+step.Name+"<br/>")
		}
	})
}

func TestEverySagaIsDrawnInMermaidAtEveryMoment(t *testing.T) {
	ways := map[string]int{}
	one := func(t *rapid.T) {
		w := anyTale(t)
		for n := range len(w.events) + 1 {
			in := w.upTo(n).instance()
			drawn := saga.MermaidInstance(in)
			requireMermaid(t, drawn)
			require.Equal(t, drawn, saga.MermaidInstance(w.upTo(n).instance()))
			require.Equal(t, w.upTo(n).instance(), in, "it is as it was")
			for _, words := range []string{"would undo", "would be parked", "undo a<br/>under way", "thus"} {
				if strings.Contains(drawn, words) {
					ways[words]++
				}
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 4 { // so that a few checks see all there is to see
			one(t)
		}
	})
	require.Len(t, ways, 3, "each way back was drawn: %v", ways)
}

// The dotted way is the one that the saga takes when its current step is refused for good.
func TestTheWayThatIsDrawnIsTheOneThatIsTaken(t *testing.T) {
	taken := 0
	one := func(t *rapid.T) {
		w := walkOf(t, walktest.Sequence(t, "Walk"))
		w.wander(func() {})
		open, is := w.openAttempt()
		if _, parked := w.fold().Parked(); parked || !is || open.Direction == saga.Compensation {
			return
		}
		drawn := saga.MermaidInstance(w.fold())
		if _, paused := w.fold().Paused(); paused { // then it goes that way when it is resumed
			w.pauseOrResume(true)
		}
		for range 2 { // a probe may be asked before it is given up
			open.Now, open.Outcome, open.Go = w.now, refused, false
			w.decide(open)
			if open.Attempt = w.beginProbe(open.Step); open.Attempt == 0 {
				break
			}
		}
		var would []string
		for line := range strings.Lines(drawn) {
			if _, name, is := strings.Cut(line, "would undo "); is {
				would = append(would, name[:1])
			}
		}
		turned := eventsOf[saga.CompensationRequested](w.events)
		if len(turned) == 0 {
			require.Contains(t, drawn, "would be parked")
			return
		}
		taken++
		require.Equal(t, append([]string{}, turned[0].Plan...), append([]string{}, would...), "%v\n%s", inBrief(w.events), drawn)
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 4 {
			one(t)
		}
	})
	require.NotZero(t, taken)
}

func FuzzMermaid(f *testing.F) {
	f.Add("pay", "card declined")
	f.Add("a", "a plan in which two steps have one name, so that the saga is set aside")
	f.Add("a\"]:::x\n  b-->c", "%%{init: {}}%%")
	f.Add("#quot;<br/><script>", "`**bold**`\x00\xff\u202e")
	f.Add("end", strings.Repeat("style x: #", 100))
	f.Fuzz(func(t *testing.T, step, why string) {
		in := saga.NewInstance(saga.Ref{Name: step, ID: why})
		plan := define("D", compensable("a", saga.StepOptions{}), compensable("b", saga.StepOptions{})).Plan()
		plan.Steps[1].Name = step
		requireMermaid(t, saga.Mermaid(define(step, compensable(why, saga.StepOptions{}))))
		for _, event := range []saga.Event{
			saga.SagaStarted{Name: step, ID: why, Version: 1, Plan: plan, Data: someGoods},
			saga.StepStarted{AttemptStarted: saga.AttemptStarted{Step: "a", Attempt: 1}},
			saga.StepCompleted{Step: "a", Attempt: 1},
			saga.StepStarted{AttemptStarted: saga.AttemptStarted{Step: step, Attempt: 1}},
			saga.StepFailed{AttemptFailed: saga.AttemptFailed{Step: step, Attempt: 1, Error: why}},
			saga.SagaParked{Parked: saga.Parked{Step: why, Reason: saga.ParkReason(why)}},
			saga.CompensationRequested{FailedStep: why, Plan: []string{step, step}},
		} {
			in.Evolve(event)
			drawn := saga.MermaidInstance(in)
			requireMermaid(t, drawn)
			require.True(t, utf8.ValidString(drawn))
			require.NotRegexp(t, "#([0-9]|[12][0-9]|3[01]|127|8238|65279);", drawn, "what is no graphic character")
		}
	})
}

// beginProbe lets the attempt begin that only asks, and returns its number; 0 when there is none to be.
func (w *walk) beginProbe(step string) int {
	events, err := w.fold().Decide(saga.Proceed{Now: w.now})
	if err != nil || len(events) == 0 { // it has ended, or waits for something else
		return 0
	}
	e, is := events[0].(saga.StepStarted)
	if !is || e.Step != step || e.Probe != saga.ProbeOnly {
		return 0
	}
	w.decide(saga.Proceed{Now: w.now})
	return e.Attempt
}
