package sagatest

import (
	"encoding/json"
	"errors"
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
	// Definition is the one that the program registers, over participants that live in memory, and that starts no other saga.
	// Required.
	Definition saga.Definition[D]
	// Next is the definition that a newer version of the program registers, of the same name, with a higher Version. In a
	// simulation orchestrators are restarted with it. The zero value stands for the same steps under the next Version.
	Next saga.Definition[D]
	// Data is what each saga is started with.
	Data D
	// Signals is what can come with the signals for which a saga waits, by their names. One that has none comes with null.
	Signals map[string][]any
	// Ledger holds the effects of the participants; with it the books are balanced at the end. Nil leaves that out.
	Ledger *Ledger
	// Invariant is called with each saga that has ended, and says what is wrong with the world then. Nil means nothing.
	Invariant func(end *saga.Instance) error
}

// program is what one version of a program registers, and how it starts a saga.
type program struct {
	definition saga.AnyDefinition
	start      saga.StartSaga
}

func programOf[D any](d saga.Definition[D]) program {
	plan := d.Plan()
	return program{d, saga.StartSaga{
		Version: d.Version, DefinitionHash: saga.DefinitionHash(d.Name, d.Version, plan), Plan: plan,
	}}
}

// subject is a Case without its type.
type subject struct {
	programs  []program // the versions of it, the oldest first
	name      string
	plan      *saga.Plan // of the oldest
	data      json.RawMessage
	payloads  map[string][]json.RawMessage // of signals
	ledger    *Ledger
	invariant func(end *saga.Instance) error
}

func (c Case[D]) subject() (subject, error) {
	if err := c.Definition.Validate(); err != nil {
		return subject{}, err
	}
	next := c.Next
	if next.Name == "" && next.Version == 0 && len(next.Steps) == 0 {
		next = c.Definition
		next.Version++
	}
	if err := next.Validate(); err != nil {
		return subject{}, fmt.Errorf("next version: %w", err)
	}
	if next.Name != c.Definition.Name || next.Version <= c.Definition.Version {
		return subject{}, fmt.Errorf("next version is %s %d, it must be a later one of %s %d",
			next.Name, next.Version, c.Definition.Name, c.Definition.Version)
	}
	if err := errors.Join(alone(c.Definition.Plan()), alone(next.Plan())); err != nil {
		return subject{}, fmt.Errorf("case of %s: %w", next.Name, err)
	}
	data, err := json.Marshal(c.Data)
	if err != nil {
		return subject{}, fmt.Errorf("data of the case: %w", err)
	}
	payloads, err := encodePayloads(c.Signals)
	if err != nil {
		return subject{}, err
	}
	return subject{
		payloads: payloads,
		programs: []program{programOf(c.Definition), programOf(next)}, name: c.Definition.Name, data: data,
		plan:   c.Definition.Plan(),
		ledger: c.Ledger, invariant: c.Invariant,
	}, nil
}

// alone refuses a plan that starts other sagas: a case is one saga.
func alone(plan *saga.Plan) error {
	for _, step := range plan.Steps {
		if step.Child != nil {
			return fmt.Errorf("step %q starts a saga of %s: put the two to the test each for itself, with a step in place of the child",
				step.Name, step.Child.Saga)
		}
	}
	return nil
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
