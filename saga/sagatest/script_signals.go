package sagatest

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// signal lets a signal be sent as soon as the saga waits for it, unless the schedule says otherwise.
func (s *script) signal(p *point, step *saga.PlannedStep) sending {
	within := s.within(p)
	s.points = append(s.points, spot{Fault: Fault{Saga: within, Wait: p.step}})
	usual := sending{atWait: true, after: time.Millisecond}
	for i, f := range s.schedule {
		if f.Saga != within || f.Wait != p.step {
			continue
		}
		s.fire(i)
		usual.kind = string(f.Kind)
		switch f.Kind {
		case SignalEarly:
			usual.atWait = false
		case SignalLate:
			usual.after = max(step.Action.Timeout(), time.Hour) + time.Millisecond
		case SignalNever:
			usual.never = true
		case SignalTwice:
			usual.again = []time.Duration{0, time.Millisecond, time.Hour}
		case SignalFromSeveral:
			usual.others = []time.Duration{0, time.Millisecond, time.Second}
		default: // is no fault of a signal
		}
	}
	return usual
}
