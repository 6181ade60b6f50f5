package archtest_test

func importExamples() map[string][]example {
	return map[string][]example{
		"imports point down the floors":                  floorExamples(),
		"production code imports nothing made for tests": testImportExamples(),
	}
}

func floorExamples() []example {
	return []example{
		{"downwards", source{
			"eventstore/a.go":           "package eventstore\nimport _ \"github.com/google/uuid\"\n",
			"eventstore/sqlite/a.go":    "package sqlite\nimport (\n_ \"example.org/m/eventstore\"\n_ \"driver.org/v2\"\n)\n",
			"aggregate/a.go":            "package aggregate\nimport _ \"example.org/m/eventstore\"\n",
			"saga/a.go":                 "package saga\nimport _ \"example.org/m/aggregate\"\n",
			"projection/sagaview/a.go":  "package sagaview\nimport _ \"example.org/m/saga\"\n",
			"cmd/projector/main.go":     "package main\nimport _ \"example.org/m/examples/order\"\n",
			"examples/order/a.go":       "package order\nimport _ \"example.org/m/projection/sagaview\"\n",
			"eventstore/storeurl/a.go":  "package storeurl\nimport _ \"example.org/m/eventstore/sqlite\"\n",
			"saga/sagatest/a.go":        "package sagatest\nimport _ \"example.org/m/eventstore/memory\"\n",
			"internal/bench/x/bench.go": "package x\nimport _ \"example.org/m/saga\"\n",
		}, nil},
		{"a floor that looks up", source{
			"eventstore/a.go": "package eventstore\n\nimport _ \"example.org/m/saga\"\n",
		}, []string{"eventstore/a.go:3: eventstore may not import saga, it may import the standard library only"}},
		{"a floor that looks aside", source{
			"saga/a.go": "package saga\nimport _ \"example.org/m/projection\"\n",
		}, []string{"saga/a.go:2: saga may not import projection, it may import eventstore, aggregate"}},
		{"a store that knows another", source{
			"eventstore/sqlite/a.go": "package sqlite\nimport _ \"example.org/m/eventstore/memory\"\n",
		}, []string{"eventstore/sqlite/a.go:2: eventstore/sqlite may not import eventstore/memory, it may import eventstore, eventstore/internal/..."}},
		{"a library that knows a store", source{
			"aggregate/a.go": "package aggregate\nimport _ \"example.org/m/eventstore/memory\"\n",
		}, []string{"aggregate/a.go:2: aggregate may not import eventstore/memory, it may import eventstore"}},
		{"a library that knows the stores by URL", source{
			"saga/verify/a.go": "package verify\nimport _ \"example.org/m/eventstore/storeurl\"\n",
		}, []string{"saga/verify/a.go:2: saga/verify may not import eventstore/storeurl, " +
			"it may import eventstore, aggregate, saga/..."}},
		{"a library that grows heavy", source{
			"saga/a.go": "package saga\nimport _ \"golang.org/x/sync/errgroup\"\n",
		}, []string{"saga/a.go:2: saga may not import golang.org/x/sync/errgroup, " +
			"it may import github.com/google/uuid, github.com/hashicorp/go-multierror"}},
		{"a package that nobody has placed", source{
			"util/a.go": "package util\n",
		}, []string{"util: the package stands on no floor"}},
		{"tests look where they want", source{
			"eventstore/a_test.go": "package eventstore_test\nimport _ \"example.org/m/saga\"\n",
		}, nil},
	}
}

func testImportExamples() []example {
	return []example{
		{"a test package", source{
			"saga/a.go": "package saga\nimport _ \"example.org/m/eventstore/eventstoretest\"\n",
		}, []string{"saga/a.go:2: production code imports example.org/m/eventstore/eventstoretest"}},
		{"test libraries", source{
			"saga/a.go": "package saga\nimport (\n_ \"testing\"\n_ \"github.com/stretchr/testify/require\"\n)\n",
		}, []string{
			"saga/a.go:3: production code imports testing",
			"saga/a.go:4: production code imports github.com/stretchr/testify/require",
		}},
		{"a test and a test package may", source{
			"saga/a_test.go":     "package saga\nimport _ \"testing\"\n",
			"saga/sagatest/a.go": "package sagatest\nimport (\n_ \"testing\"\n_ \"example.org/m/eventstore/eventstoretest\"\n)\n",
		}, nil},
	}
}
