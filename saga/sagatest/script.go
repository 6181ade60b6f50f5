package sagatest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/skaldgo/skald/saga"
)

// spot is a point of a run.
type spot struct {
	Fault
	ofChild bool // it is an append to the stream of a child
}

// script is the injector of a schedule. It keeps every point that the run comes to, for the schedules that go further.
type script struct {
	schedule Schedule
	given    int // so many faults at its front belong to the saga: what goes further may come before them
	fired    []bool
	healed   []bool // an operator has removed the cause of what is Always
	w        *world
	points   []spot
	last     int           // how many points the run had come to when the last fault that is not given fired for the first time
	deadline bool          // the saga has one
	migrates bool          // there is a version to migrate to
	outage   time.Duration // until every deadline and delay has passed
	away     time.Duration // how long the next crashed orchestrator is away
}

func newScript(s Schedule, given int) *script {
	return &script{schedule: s, given: given, fired: make([]bool, len(s)), healed: make([]bool, len(s))}
}

func (s *script) fire(i int) {
	if !s.fired[i] && i >= s.given {
		s.last = len(s.points)
	}
	s.fired[i] = true
}

// turned reports whether all that is given has happened.
func (s *script) turned() bool { return !slices.Contains(s.fired[:s.given], false) }

func (s *script) attempt(at *point) fate {
	p := Fault{Saga: s.within(at), Step: at.step, Direction: at.dir, Attempt: at.attempt}
	s.points = append(s.points, spot{Fault: p})
	chosen := -1
	for i, f := range s.schedule {
		if f.Append > 0 || f.Wait != "" || f.Saga != p.Saga || f.Step != p.Step || f.Direction != p.Direction {
			continue
		}
		switch {
		case !f.Always && f.Attempt == p.Attempt:
			s.fire(i)
			return fate{kind: f.Kind, takes: time.Millisecond}
		case f.Always && f.Attempt <= p.Attempt && !s.healed[i]:
			chosen = i
		}
	}
	if chosen < 0 {
		return fate{takes: time.Millisecond}
	}
	s.fire(chosen)
	return fate{kind: s.schedule[chosen].Kind, takes: time.Millisecond}
}

// within returns the id of the child that a point is of, "" for the saga itself.
func (s *script) within(p *point) string {
	if p == nil || p.saga < mostSagas { // as nearly always
		return ""
	}
	return s.w.numbered(p.saga).ref.ID
}

func (s *script) call(p *point, number int) storeFault {
	if number == 0 {
		return noFault
	}
	s.points = append(s.points, spot{Fault{Append: number}, s.within(p) != ""})
	for i, f := range s.schedule {
		if f.Append != number {
			continue
		}
		s.fire(i)
		switch f.Kind {
		case CancelAfterAppend:
			return cancelAfter
		case DeadlinePasses:
			return sleepAfter
		case MigrateAfterAppend:
			return migrateAfter
		case ChildEnded:
			return endAfter
		case ParentCancelled:
			return cancelParent
		case ParentEnded:
			return endParent
		case ParentPaused:
			return pauseParent
		default: // a crash
		}
		s.away = crashDowntime
		if f.Kind == OutageBeforeAppend || f.Kind == OutageAfterAppend {
			s.away = s.outage
		}
		if f.Kind == CrashBeforeAppend || f.Kind == OutageBeforeAppend {
			return crashBefore
		}
		return crashAfter
	}
	return noFault
}

// meddle lets something come upon a saga of which something was just stored.
func (w *world) meddle(fault storeFault, stream string) {
	ref, isSaga := saga.ParseStream(stream)
	c := w.byRef[ref]
	switch {
	case !isSaga || c == nil:
	case fault == cancelAfter:
		w.cancel(c)
	case fault == endAfter:
		w.terminate(c)
	case fault == migrateAfter:
		w.migrateNow(&migration{w: w, name: ref.Name, prefix: ref.ID})
		w.after(time.Second, func() { w.rollOut(0, saga.DefaultShutdownGrace) })
	case fault != sleepAfter && c.parent == nil: // only appends to the streams of children are points for it
	case fault == cancelParent:
		w.cancel(c.parent)
	case fault == endParent:
		w.terminate(c.parent)
	case fault == pauseParent:
		w.say("operator", "", "✗ pauses "+c.parent.ref.String())
		w.operate(c.parent, saga.Pause{Actor: "operator", Reason: "to be looked at", SeenRevision: saga.NotSeen})
	default:
		for c.parent != nil && c.end.Deadline().IsZero() {
			c = c.parent // whose deadline passes for its child as well
		}
		for _, n := range w.nodes {
			w.say(n.name, "", "✗ stands still until the deadline has passed")
			n.freeze(c.end.Deadline().Sub(n.now()) + time.Millisecond)
		}
	}
}

func (w *world) cancel(c *client) {
	w.say("operator", "", "✗ cancels "+c.ref.String())
	w.operate(c, saga.Cancel{Actor: "operator", Reason: "not wanted", SeenRevision: saga.NotSeen})
}

func (w *world) terminate(c *client) {
	w.say("operator", "", "✗ ends "+c.ref.String()+" as it stands")
	w.operate(c, saga.Terminate{Actor: "operator", Reason: "hopeless", SeenRevision: saga.NotSeen})
}

func (s *script) operator(number int) storeFault { return s.call(nil, number) }

// crashDowntime is how long an orchestrator is away that comes back at once.
const crashDowntime = time.Second

// outageOf is longer than anything that a saga of a plan waits for.
func outageOf(plan *saga.Plan) time.Duration {
	longest := max(time.Minute, time.Duration(plan.DeadlineMS)*time.Millisecond)
	note := func(p saga.Policy) {
		longest = max(longest, p.Timeout(), p.TotalTimeout(), p.Retry().MaximumInterval, p.Retry().InitialInterval)
	}
	for _, step := range plan.Steps {
		note(step.Action)
		if step.Compensation != nil {
			note(*step.Compensation)
		}
	}
	return 2 * longest
}

func (s *script) latency(*point, int) time.Duration    { return time.Millisecond }
func (s *script) jitter(*point) float64                { return 0 }
func (s *script) relapse(*point) (time.Duration, bool) { return 0, false }
func (s *script) orphan(*point) bool                   { return false }

// downtime is that of the fault that let an orchestrator go, or the shortest when it was stopped.
func (s *script) downtime(*point) time.Duration {
	away := max(s.away, crashDowntime)
	s.away = 0
	return away
}

// idle returns an error when a fault of the schedule, but for those that are given, never fired.
func (s *script) idle() error {
	for i, f := range s.schedule {
		if i >= s.given && !s.fired[i] {
			return fmt.Errorf("the run is void: it never came to %s", f)
		}
	}
	return nil
}

// heal removes what lets every attempt at a place fail. What has not begun to fail yet may do so afterwards.
func (s *script) heal(within, step string, d saga.Direction) {
	for i, f := range s.schedule {
		if f.Saga == within && f.Step == step && f.Direction == d && s.fired[i] {
			s.healed[i] = true
		}
	}
}

// blames reports whether the schedule lets attempts of a step in a direction fail.
func (s *script) blames(within, step string, d saga.Direction) bool {
	for _, f := range s.schedule {
		if f.Saga == within && f.Step == step && f.Direction == d {
			return true
		}
	}
	return false
}

// has reports whether a fault of one of the kinds is in the schedule.
func (s *script) has(kinds ...Kind) bool {
	return slices.ContainsFunc(s.schedule, func(f Fault) bool { return slices.Contains(kinds, f.Kind) })
}

// blamesChild reports whether the schedule lets something go wrong with a child of a step, which can park the saga: a
// child that compensates the step has failed, or was ended.
func (s *script) blamesChild(c *client, step string) bool {
	planned := c.end.Plan().Steps[indexOf(c.end.Plan(), step)]
	if planned.Child == nil {
		return false
	}
	return s.has(ChildEnded, CancelAfterAppend, ParentCancelled, ParentEnded) || slices.ContainsFunc(s.schedule, func(f Fault) bool {
		return strings.HasPrefix(f.Saga, c.ref.String()+"/"+step)
	})
}
