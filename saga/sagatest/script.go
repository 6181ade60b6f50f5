package sagatest

import (
	"fmt"
	"time"

	"github.com/skaldgo/skald/saga"
)

// script is the injector of a schedule. It keeps every point that the run comes to, for the schedules that go further.
type script struct {
	schedule Schedule
	fired    []bool
	healed   []bool // an operator has removed the cause of what is Always
	points   []Fault
	last     int // how many points the run had come to when the last fault fired for the first time
}

func newScript(s Schedule) *script {
	return &script{schedule: s, fired: make([]bool, len(s)), healed: make([]bool, len(s))}
}

func (s *script) fire(i int) {
	if !s.fired[i] {
		s.fired[i] = true
		s.last = len(s.points)
	}
}

func (s *script) attempt(a saga.RunAttempt) fate {
	p := Fault{Step: a.Step, Direction: a.Direction, Attempt: a.Attempt}
	s.points = append(s.points, p)
	chosen := -1
	for i, f := range s.schedule {
		if f.Append > 0 || f.Step != p.Step || f.Direction != p.Direction {
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

func (s *script) call(number int) storeFault {
	if number == 0 {
		return noFault
	}
	s.points = append(s.points, Fault{Append: number})
	for i, f := range s.schedule {
		if f.Append != number {
			continue
		}
		s.fire(i)
		if f.Kind == CrashBeforeAppend {
			return crashBefore
		}
		return crashAfter
	}
	return noFault
}

func (s *script) latency() time.Duration  { return time.Millisecond }
func (s *script) jitter() float64         { return 0 }
func (s *script) downtime() time.Duration { return time.Second }

// idle returns an error when a fault of the schedule never fired.
func (s *script) idle() error {
	for i, f := range s.schedule {
		if !s.fired[i] {
			return fmt.Errorf("the run is void: it never came to %s", f)
		}
	}
	return nil
}

// heal removes what lets every attempt at a place fail.
func (s *script) heal(step string, d saga.Direction) {
	for i, f := range s.schedule {
		if f.Append == 0 && f.Step == step && f.Direction == d {
			s.healed[i] = true
		}
	}
}

// blames reports whether the schedule lets attempts of a step in a direction fail.
func (s *script) blames(step string, d saga.Direction) bool {
	for _, f := range s.schedule {
		if f.Append == 0 && f.Step == step && f.Direction == d {
			return true
		}
	}
	return false
}
