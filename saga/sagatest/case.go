package sagatest

import (
	"encoding/json"
	"fmt"

	"github.com/skaldgo/skald/saga"
)

// TB is what a test offers to this package. Every testing.TB is one.
type TB interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Case is what is put to the test. A factory makes a fresh one for each run, with fresh participants behind the functions
// of its definition, and does the same each time.
type Case[D any] struct {
	// Definition is the one that the program registers, over participants that live in memory. Required.
	Definition saga.Definition[D]
	// Children are the definitions of all sagas that those of Definition start, that these start, and so on, over participants
	// that live in memory as well. ChildOf makes one. A newer version of the program has them under their next version.
	Children []ChildDefinition
	// Next is the definition that a newer version of the program registers, of the same name, with a higher Version. In a
	// simulation orchestrators are restarted with it, and operators migrate open sagas to it, as saga.Migrate does, those of
	// Children to their next version: at any moment, also before it is registered everywhere, and of each saga that it does not
	// fit they have to be told why. The newer program registers Definition as well where Next lacks a function that sagas of
	// Definition may need, and otherwise now and then. Explore migrates behind every append: see MigrateAfterAppend. The zero
	// value stands for the same steps under the next Version, and nothing is migrated.
	Next saga.Definition[D]
	// Data is what each saga is started with.
	Data D
	// Skippable names the steps, those of children included, that a saga can do without: operators of a simulation skip them now
	// and then. Functions of later steps then get ErrNoResult for their results, and Invariant has to put up with it.
	Skippable []string
	// Signals is what can come with the signals for which a saga waits, by their names. One that has none comes with null.
	Signals map[string][]any
	// Ledger holds the effects of the participants; with it the books are balanced at the end. Nil leaves that out.
	Ledger *Ledger
	// Invariant is called with each saga that has ended, children included, and says what is wrong with the world then. It is
	// called when all have ended. Nil means nothing.
	Invariant func(end *saga.Instance) error
}

// subject is a Case without its type.
type subject struct {
	programs  []program // the versions of it, the oldest first
	both      program   // the newest, with the definitions of the oldest
	migrates  bool      // operators migrate sagas to the newest
	name      string
	names     []string   // that, and those of the children
	plan      *saga.Plan // of the oldest
	data      json.RawMessage
	payloads  map[string][]json.RawMessage // of signals
	skippable []string
	ledger    *Ledger
	invariant func(end *saga.Instance) error
}

func (c Case[D]) subject() (subject, error) {
	if err := c.Definition.Validate(); err != nil {
		return subject{}, err
	}
	next, migrates := c.Next, true
	if next.Name == "" && next.Version == 0 && len(next.Steps) == 0 {
		next, migrates = c.Definition, false
		next.Version++
	}
	if err := next.Validate(); err != nil {
		return subject{}, fmt.Errorf("next version: %w", err)
	}
	if next.Name != c.Definition.Name || next.Version <= c.Definition.Version {
		return subject{}, fmt.Errorf("next version is %s %d, it must be a later one of %s %d",
			next.Name, next.Version, c.Definition.Name, c.Definition.Version)
	}
	data, err := json.Marshal(c.Data)
	if err != nil {
		return subject{}, fmt.Errorf("data of the case: %w", err)
	}
	payloads, err := encodePayloads(c.Signals)
	if err != nil {
		return subject{}, err
	}
	s := subject{
		payloads: payloads, programs: []program{programOf(c.Definition), programOf(next)},
		name: c.Definition.Name, names: []string{c.Definition.Name}, data: data, plan: c.Definition.Plan(),
		ledger: c.Ledger, invariant: c.Invariant, skippable: c.Skippable, migrates: migrates,
	}
	for _, child := range c.Children {
		if err := child.versions[0].definition.Validate(); err != nil {
			return subject{}, err
		}
		s.names = append(s.names, child.name)
		for i := range s.programs {
			s.programs[i].add(child, i)
		}
	}
	if err := s.programs[0].whole(); err != nil {
		return subject{}, err
	}
	if s.migrates {
		s.both = s.programs[0].with(s.programs[1])
		if !s.programs[1].serves(s.plan, s.name) {
			s.programs[1] = s.both
		}
	}
	return s, s.programs[1].whole()
}

func encodePayloads(signals map[string][]any) (map[string][]json.RawMessage, error) {
	payloads := map[string][]json.RawMessage{}
	for name, list := range signals {
		for _, payload := range list {
			encoded, err := json.Marshal(payload)
			if err != nil {
				return nil, fmt.Errorf("signal %q of the case: %w", name, err)
			}
			payloads[name] = append(payloads[name], encoded)
		}
	}
	return payloads, nil
}

// subjects turns a factory of cases into one of subjects.
func subjects[D any](factory func() Case[D]) func() (subject, error) {
	return func() (subject, error) { return factory().subject() }
}
