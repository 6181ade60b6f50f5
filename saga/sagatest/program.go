package sagatest

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/skaldgo/skald/saga"
)

// ChildDefinition is a definition beside that of a [Case], whatever its data type: of sagas that other sagas start. Make it
// with ChildOf.
type ChildDefinition struct {
	name     string
	versions [2]registered
}

// ChildOf makes a definition one of the Children of a case. It is validated with the case.
func ChildOf[D any](definition saga.Definition[D]) ChildDefinition {
	next := definition
	next.Version++
	return ChildDefinition{definition.Name, [2]registered{register(definition), register(next)}}
}

// registered is a definition as a program knows it, and how it starts a saga of it.
type registered struct {
	definition saga.AnyDefinition
	start      saga.StartSaga
	fits       func(data []byte) error
}

func register[D any](d saga.Definition[D]) registered {
	plan := d.Plan()
	return registered{
		definition: d,
		start: saga.StartSaga{
			Version: d.Version, DefinitionHash: saga.DefinitionHash(d.Name, d.Version, plan), Plan: plan,
		},
		fits: func(data []byte) error { return json.Unmarshal(data, new(D)) },
	}
}

// program is what one version of a program registers.
type program struct {
	definitions []saga.AnyDefinition
	by          map[string]registered // by their names
	names       []string
}

func programOf[D any](d saga.Definition[D]) program {
	p := program{by: map[string]registered{}}
	p.addAs(d.Name, register(d))
	return p
}

func (p *program) add(c ChildDefinition, version int) { p.addAs(c.name, c.versions[version]) }

func (p *program) addAs(name string, r registered) {
	p.definitions = append(p.definitions, r.definition)
	p.names = append(p.names, name)
	p.by[name] = r
}

// whole reports what the program lacks: definitions of sagas that others start.
func (p *program) whole() error {
	var errs []error
	for _, name := range p.names {
		for _, step := range p.by[name].start.Plan.Steps {
			if step.Child == nil {
				continue
			}
			for _, child := range []string{step.Child.Saga, step.Child.UndoSaga} {
				if _, there := p.by[child]; child != "" && !there {
					errs = append(errs, fmt.Errorf("step %q of %s starts a saga of %s: add its definition to the Children of the case",
						step.Name, name, child))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// hasChildren reports whether there are definitions of sagas that others start.
func (s *subject) hasChildren() bool { return len(s.names) > 1 }

// plans returns the plan of each definition, of its oldest version.
func (s *subject) plans() (plans []*saga.Plan) {
	for _, name := range s.names {
		plans = append(plans, s.programs[0].by[name].start.Plan)
	}
	return plans
}
