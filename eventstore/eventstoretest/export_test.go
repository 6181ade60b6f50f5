package eventstoretest

import (
	"testing"

	"github.com/skaldgo/skald/eventstore"
)

// RunCase runs one case, named group/case, against a store.
func RunCase(t testing.TB, group, name string, store, probe eventstore.Store) {
	for _, g := range groups(probe) {
		for _, c := range g.cases {
			if g.name == group && c.name == name {
				c.exec(t, store)
				return
			}
		}
	}
	panic("no case " + group + "/" + name)
}

// CaseNames returns the names of all cases for a store like probe, by group.
func CaseNames(probe eventstore.Store) map[string][]string {
	names := make(map[string][]string)
	for _, g := range groups(probe) {
		for _, c := range g.cases {
			names[g.name] = append(names[g.name], c.name)
		}
	}
	return names
}
