package projectorcli

import "strings"

// operatedView is something that an operator did to a saga, in the order of the history.
type operatedView struct {
	What string `json:"what"`
	Step string `json:"step,omitempty"`
	operatorView
}

func (s *story) operated(what, step string, by operatorView) {
	s.Operated = append(s.Operated, operatedView{What: what, Step: step, operatorView: by})
}

// line tells of it behind its name.
func (o *operatedView) line() string {
	about := ""
	if o.Step != "" {
		about = o.Step + " "
	}
	return about + "at " + instant(o.At) + " by " + o.Actor + ": " + o.Reason
}

// operations tells of everything that operators did.
func (s *story) operations(line func(what, format string, args ...any)) {
	for _, r := range s.Redriven {
		line("redriven", "%s at %s by %s: %s", r.Step, instant(r.At), r.Actor, r.Reason)
	}
	for _, o := range s.Operated {
		line(o.What, "%s", o.line())
	}
	if c := s.Cancelled; c != nil {
		line("cancelled", "at %s by %s: %s", instant(c.At), c.Actor, c.Reason)
	}
	if t := s.Terminated; t != nil {
		line("terminated", "at %s by %s: %s", instant(t.At), t.Actor, t.Reason)
		line("not undone", "%s", strings.Join(t.Undone, ", "))
	}
}
