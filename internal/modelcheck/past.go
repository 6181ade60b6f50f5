package modelcheck

import "github.com/skaldgo/skald/saga"

// past is what the rules have to remember of a log: a reading of the events that shares nothing with the Instance. It is
// part of what tells two logs apart, so two logs are one to the model only if the rules judge every future of both alike.
type past struct {
	steps         [MaxSteps]stepPast
	orders        int8
	begun         bool
	turned        bool
	parked        bool
	parkedAt      int8 // the step, 0 when it is not parked
	parkedUndo    bool // at its compensation
	parkedMissing bool // for want of a function, which a migration ends
	migrated      bool
	paused        bool
	cancelled     bool
	overdue       bool
	extended      bool // it was given another deadline
	gaveUp        int8 // 1 for the first step, 0 when none was given up
	signals       int8 // how many came
	used          int8 // how many have ended a wait
	ended         ending
	plan          [MaxSteps]int8 // steps to compensate, in order
	left          [MaxSteps]int8 // those still to be compensated, the next one first
	planned,
	remain int8
}

// stepPast is what happened to one step.
type stepPast struct {
	order                int8 // 1 for the step started first
	action, undo         int8 // numbers of the last attempts
	actionOpen, undoOpen bool
	child                bool   // the open attempt waits for a child
	asks                 bool   // the open attempt asks the probe and does nothing else
	lost                 uint16 // attempts that were given up without an answer, one bit each
	unknown              bool   // some attempt may have had an effect
	refused              bool   // the last attempt was refused for good
	succeeded            bool
	skipped              bool
	resolved             bool // it starts a child, and somebody has said that what that was for is done
	undone, blind        bool // blind: the last compensation was not given a result
	rounds               int8 // how often it was to be compensated once more
}

type ending uint8

const (
	open ending = iota
	completed
	failed
	terminated
)

// open reports whether the last attempt of a step in a direction is open.
func (p *past) open(step int, d saga.Direction) bool {
	if d == saga.Compensation {
		return p.steps[step].undoOpen
	}
	return p.steps[step].actionOpen
}

// runs reports whether the function of an open attempt of a step runs, and in which direction: it waits for no signal, and
// for no child.
func (p *past) runs(s *Shape, step int) (d saga.Direction, is bool) {
	switch one := &p.steps[step]; {
	case one.undoOpen:
		return saga.Compensation, true
	case one.actionOpen && !one.child && !s.waits(step):
		return saga.Action, true
	}
	return saga.Action, false
}

// running returns how many functions run.
func (p *past) running(s *Shape) (n int) {
	for i := range s.Steps {
		if _, is := p.runs(s, i); is {
			n++
		}
	}
	return n
}

// binding returns a step that has an outcome to come which the saga has to know before it can turn round, or -1.
func (p *past) binding(s *Shape) int {
	for i := range s.Steps {
		if one := &p.steps[i]; one.undoOpen || one.actionOpen && !s.waits(i) {
			return i
		}
	}
	return -1
}

// bound returns how many of those there are.
func (p *past) bound(s *Shape) (n int) {
	for i := range s.Steps {
		if one := &p.steps[i]; one.undoOpen || one.actionOpen && !s.waits(i) {
			n++
		}
	}
	return n
}

// waiting returns a step that waits for a signal, or -1.
func (p *past) waiting(s *Shape) int {
	for i := range s.Steps {
		if p.steps[i].actionOpen && s.waits(i) {
			return i
		}
	}
	return -1
}

// tooLate reports whether the saga can only go forward.
func (p *past) tooLate(s *Shape) bool {
	if s.noReturn() < 0 || p.turned {
		return false
	}
	for i := s.noReturn(); i < len(s.Steps); i++ {
		one := &p.steps[i]
		if s.kind(i) == saga.KindPivot && one.passed() || s.kind(i) == saga.KindRetriable && one.order > 0 {
			return true
		}
	}
	return false
}

// passed reports whether a saga on its way forward is past the step.
func (s *stepPast) passed() bool { return s.succeeded || s.skipped }

// unpark ends the wait for a person.
func (p *past) unpark() { p.parked, p.parkedAt, p.parkedUndo, p.parkedMissing = false, 0, false, false }

// pivotUnknown reports whether it is not known whether the pivot has happened.
func (p *past) pivotUnknown(s *Shape) bool {
	i := s.noReturn()
	return i >= 0 && s.kind(i) == saga.KindPivot && p.steps[i].unknown
}

// unwanted reports whether the saga is to be undone because of an operator or its deadline, and can be.
func (p *past) unwanted(s *Shape) bool {
	return (p.cancelled || p.overdue) && !p.turned && !p.tooLate(s) && !p.pivotUnknown(s)
}

// turning reports whether nothing of the saga is to begin any more before it turns round.
func (p *past) turning(s *Shape) bool { return !p.turned && p.gaveUp > 0 || p.unwanted(s) }

// last returns the number of the last attempt of a step in a direction.
func (p *past) last(step int, d saga.Direction) int8 {
	if d == saga.Compensation {
		return p.steps[step].undo
	}
	return p.steps[step].action
}

// mayHaveHappened reports whether a step belongs into the compensation plan.
func (p *past) mayHaveHappened(s *Shape, i int) bool {
	step := &p.steps[i]
	return step.order > 0 && s.undoable(i) && (step.succeeded || step.unknown || s.Steps[i] == 'F')
}

// overlooked returns a step that was found to have happened after it was compensated blindly, or -1.
func (p *past) overlooked() int {
	for i := range p.steps {
		if s := &p.steps[i]; s.undone && s.blind && s.succeeded {
			return i
		}
	}
	return -1
}

func (p *past) drop(step int8) {
	kept := int8(0)
	for _, left := range p.left[:p.remain] {
		if left != step {
			p.left[kept] = left
			kept++
		}
	}
	for i := kept; i < p.remain; i++ {
		p.left[i] = 0
	}
	p.remain = kept
}
