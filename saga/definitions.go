package saga

import (
	"errors"
	"fmt"
	"slices"
)

// definitions are those that a program has registered, by their names; of each name every version, the lowest first.
type definitions map[string][]*compiled

// newest returns the definition that sagas of a name are started with, nil when there is none.
func (d definitions) newest(name string) *compiled {
	versions := d[name]
	if len(versions) == 0 {
		return nil
	}
	return versions[len(versions)-1]
}

// of returns the definition whose functions a saga of a version goes on with: that of the version itself, or else the next
// one above it, whose author knew of the sagas that there were. It is nil for a saga of a version above all of them.
func (d definitions) of(name string, version int) *compiled {
	for _, c := range d[name] {
		if c.version >= version {
			return c
		}
	}
	return nil
}

// compile compiles a definition, and refuses one that is nil as it refuses any other that is not valid.
func compile(definition AnyDefinition) (*compiled, error) {
	if definition == nil {
		return nil, &DefinitionError{Faults: []string{"it is nil: pass a Definition"}}
	}
	return definition.compile()
}

// compileAll compiles every definition, and reports the faults of all of them at once.
func compileAll(list []AnyDefinition) (definitions, error) {
	defs := make(definitions, len(list))
	var made []*compiled
	var errs []error
	for _, d := range list {
		c, err := compile(d)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		made = append(made, c)
		at, twice := slices.BinarySearchFunc(defs[c.name], c.version, func(other *compiled, version int) int {
			return other.version - version
		})
		if twice {
			fault := fmt.Sprintf("version %d of it is registered twice: give one of them another version", c.version)
			errs = append(errs, &DefinitionError{Name: c.name, Faults: []string{fault}})
			continue
		}
		defs[c.name] = slices.Insert(defs[c.name], at, c)
	}
	for _, c := range made {
		if faults := c.unregistered(defs); len(faults) > 0 {
			errs = append(errs, &DefinitionError{Name: c.name, Faults: faults})
		}
	}
	return defs, errors.Join(errs...)
}
