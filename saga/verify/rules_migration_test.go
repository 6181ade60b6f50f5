package verify_test

import (
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

// migrates lets the saga go on by a definition, under a version.
func (s *story) migrates(version int, d saga.Definition[goods]) *story {
	plan := d.Plan()
	return s.add(saga.SagaMigrated{
		Version: version, DefinitionHash: saga.DefinitionHash("Pair", version, plan), Plan: plan, Actor: "ann", Reason: "new terms",
	})
}

func ofMigrations() map[string][]breach {
	other := pair()
	other.Steps = other.Steps[1:]
	return map[string][]breach{
		"G3": {
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).migrates(1, pair()) }),
			told(func(t rapid.TB) *story { return tell(t, pair()).does("a", 1).migrates(2, other) }),
			told(func(t rapid.TB) *story { return tell(t, pair()).skips("a").migrates(2, other) }),
			told(func(t rapid.TB) *story {
				return tell(t, pair()).add(saga.SagaMigrated{Version: 2, Plan: pair().Plan(), DefinitionHash: "ab", Actor: "ann", Reason: "r"})
			}),
		},
	}
}
