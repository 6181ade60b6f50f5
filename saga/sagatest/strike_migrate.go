package sagatest

import "time"

// faultMigrate is the fault of a simulation that is a migration. As the words of operators, it goes against a saga only in that
// it comes upon it at any moment.
const faultMigrate = "migration by an operator"

func highestMigrations() []rated { return []rated{{faultMigrate, 0.2}} }

// program draws what the newer program registers: its own version alone, or that of the older one as well.
func (d *dice) program(s *subject) {
	l := d.of(point{of: ofMigration})
	if s.migrates && d.rates.migrations != nil && d.rates.migrations[0].rate > 0 && l.coin() {
		s.programs[1] = s.both
	}
}

// strikeByMigration lets an operator migrate all open sagas of a name, or one of them, sometimes only to see what would become
// of them. Every other time the newer program is rolled out first.
func (s *sim) strikeByMigration(p *point, l *luck) {
	which, one, dry, first, later := l.next(), l.coin(), l.below(8) == 0, l.coin(), l.upTo(time.Minute)
	var can []*client
	for _, c := range s.clients {
		if c.open() && !c.poisoned && c.end.Version() < s.newest(c.ref.Name).start.Version {
			can = append(can, c)
		}
	}
	if len(can) == 0 || !s.dice.let(p, p.event) {
		return
	}
	m := migration{w: s.world, name: can[which%uint64(len(can))].ref.Name, dry: dry}
	if one {
		m.prefix = can[which%uint64(len(can))].ref.ID
	}
	s.migrations++
	if !first {
		s.migrate(&m)
		return
	}
	s.say("operator", "", "rolls the newer program out")
	for i := range s.nodes {
		soon, grace := l.upTo(30*time.Second), l.upTo(10*time.Second)
		s.after(soon, func() { s.rollOut(i, grace) })
	}
	s.after(later, func() { s.migrate(&m) })
}

// rollOut lets the life of an orchestrator that follows be of the newest program.
func (w *world) rollOut(i int, grace time.Duration) {
	if n := w.nodes[i]; n.level < len(w.programs)-1 {
		n.level = len(w.programs) - 1
		n.stop(grace)
	}
}
