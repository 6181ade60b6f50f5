package sagatest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

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

// with returns a program that registers what another one does as well. Sagas are started with the versions of the other.
func (p *program) with(newer program) program {
	all := program{by: maps.Clone(p.by), names: p.names, definitions: slices.Concat(p.definitions, newer.definitions)}
	maps.Copy(all.by, newer.by)
	return all
}

// serves reports whether the program has every function that sagas of an older plan may need.
func (p *program) serves(older *saga.Plan, name string) bool {
	plan := p.by[name].start.Plan
	for i := range older.Steps {
		was, at := &older.Steps[i], indexOf(plan, older.Steps[i].Name)
		if at < 0 {
			return false
		}
		now := &plan.Steps[at]
		if was.Await == nil && now.Await != nil || was.Compensation != nil && now.Compensation == nil || was.Probe && !now.Probe {
			return false
		}
	}
	return true
}

// newest returns the version of the definitions of a name that sagas are migrated to.
func (s *subject) newest(name string) registered { return s.programs[len(s.programs)-1].by[name] }

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
