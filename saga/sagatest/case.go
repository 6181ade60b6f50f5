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
	// Data is what each saga is started with.
	Data D
	// Ledger holds the effects of the participants; with it the books are balanced at the end. Nil leaves that out.
	Ledger *Ledger
	// Invariant is called with each saga that has ended, and says what is wrong with the world then. Nil means nothing.
	Invariant func(end *saga.Instance) error
}

// subject is a Case without its type.
type subject struct {
	definition saga.AnyDefinition
	name       string
	plan       *saga.Plan
	data       json.RawMessage
	ledger     *Ledger
	invariant  func(end *saga.Instance) error
}

func (c Case[D]) subject() (subject, error) {
	if err := c.Definition.Validate(); err != nil {
		return subject{}, err
	}
	data, err := json.Marshal(c.Data)
	if err != nil {
		return subject{}, fmt.Errorf("data of the case: %w", err)
	}
	return subject{
		definition: c.Definition, name: c.Definition.Name, plan: c.Definition.Plan(), data: data,
		ledger: c.Ledger, invariant: c.Invariant,
	}, nil
}

// subjects turns a factory of cases into one of subjects.
func subjects[D any](factory func() Case[D]) func() (subject, error) {
	return func() (subject, error) { return factory().subject() }
}
