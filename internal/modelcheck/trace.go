package modelcheck

import "fmt"

// trace tells how a state was reached, step by step.
func (e *explorer) trace(id int32) []string {
	way := e.way(id)
	lines := make([]string, 0, len(way))
	for i := 1; i < len(way); i++ {
		lines = append(lines, e.tell(way[i-1], way[i]))
	}
	return lines
}

// tell says what leads from one world to the next.
func (m *model) tell(from, to world) string {
	for _, s := range m.moves(from) {
		if s.next == to {
			return m.words(from, s)
		}
	}
	return "something that does not happen twice"
}

func (m *model) words(from world, s step) string {
	name := who(int(s.move.who))
	switch s.move.kind {
	case moveRestart:
		return name + " is started again and reads the log"
	case moveCrash:
		return name + " crashes"
	case moveReload:
		return name + " reads what is new in the log"
	case moveCommand:
		return fmt.Sprintf("%s %s, and appends %s", name, s.move.command, m.appendedWords(s.next))
	case moveConflict:
		return fmt.Sprintf("%s %s, and loses against what was appended meanwhile", name, s.move.command)
	case moveIgnored:
		return fmt.Sprintf("%s %s: no news", name, s.move.command)
	case moveParticipant:
		v := m.verdicts(m.of(from.log), m.books.all[from.books], s.move.flight)[s.move.verdict]
		how := [...]string{"; its answer is lost", "", "; its answer comes twice"}[s.move.copies]
		return fmt.Sprintf("the participant gets the %s, and %s%s", s.move.flight, v.words, how)
	case moveClock:
		return fmt.Sprintf("%s pass", m.at(from.log).next)
	case moveOutside:
		if s.move.command.kind == deliverSignal {
			return "somebody " + s.move.command.String()
		}
		return "an operator " + s.move.command.String()
	}
	return "?"
}

func (m *model) appendedWords(w world) string {
	words := ""
	for _, event := range m.at(w.log).events {
		if words != "" {
			words += ", "
		}
		words += event.EventType()
	}
	return words
}
