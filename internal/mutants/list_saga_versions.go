package main

// versionMutants are defects of programs that have several versions of one definition.
func versionMutants() []mutant {
	return []mutant{
		{
			name: "a saga goes on with the functions of the newest version",
			harm: "A saga of last year's contract is carried out by this year's terms.",
			edits: []edit{{
				"saga/definitions.go", "		if c.version >= version {\n			return c\n		}", "		if c.version >= version {\n			return d.newest(name)\n		}",
			}},
			caught: []check{
				by(sagas, "TestASagaGoesOnWithTheFunctionsOfItsOwnVersion"),
				by(sagas, "TestASagaWhoseVersionIsNotRegisteredGoesOnWithTheNextOneAbove"),
			},
		},
		{
			name: "sagas are started with the version that is registered first",
			harm: "Which terms hold for a new order depends on the order of two lines in a program.",
			edits: []edit{{
				"saga/definitions.go", "defs[c.name] = slices.Insert(defs[c.name], at, c)", "defs[c.name] = slices.Insert(defs[c.name], 0*at, c)",
			}},
			caught: []check{by(sagas, "TestSagasAreStartedWithTheHighestVersion")},
		},
	}
}
