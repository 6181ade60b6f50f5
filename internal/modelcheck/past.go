package modelcheck

import "github.com/skaldgo/skald/saga"

// past is what the rules have to remember of a log: a reading of the events that shares nothing with the Instance. It is
// part of what tells two logs apart, so two logs are one to the model only if the rules judge every future of both alike.
type past struct {
	steps  [MaxSteps]stepPast
	orders int8
	begun  bool
	turned bool
	parked bool
	ended  ending
	plan   [MaxSteps]int8 // steps to compensate, in order
	left   [MaxSteps]int8 // those still to be compensated, the next one first
	planned,
	remain int8
}

// stepPast is what happened to one step.
type stepPast struct {
	order                int8 // 1 for the step started first
	action, undo         int8 // numbers of the last attempts
	actionOpen, undoOpen bool
	lost                 uint16 // attempts that were given up without an answer, one bit each
	unknown              bool   // some attempt may have had an effect
	refused              bool   // the last attempt was refused for good
	succeeded            bool
	undone, blind        bool // blind: the last compensation was not given a result
	rounds               int8 // how often it was to be compensated once more
}

type ending uint8

const (
	open ending = iota
	completed
	failed
)

// openStep returns the step and direction of the open attempt; -1 when there is none.
func (p *past) openStep() (int, saga.Direction) {
	for i := range p.steps {
		switch {
		case p.steps[i].actionOpen:
			return i, saga.Action
		case p.steps[i].undoOpen:
			return i, saga.Compensation
		}
	}
	return -1, saga.Action
}

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
	return step.order > 0 && s.kind(i) == saga.KindCompensable &&
		(step.succeeded || step.unknown || s.Steps[i] == 'F')
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
