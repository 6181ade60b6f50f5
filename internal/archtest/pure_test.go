package archtest_test

func pureExamples() map[string][]example {
	pure := func(engine string) source {
		return source{
			"saga/instance.go": "package saga\n", "saga/evolve.go": "package saga\n", "saga/decide.go": "package saga\n",
			"saga/outcome.go": "package saga\n", "saga/entry.go": "package saga\n", "saga/engine_x.go": "package saga\n" + engine,
		}
	}
	gone := pure("")
	delete(gone, "saga/decide.go")
	return map[string][]example{
		"sagas are decided by pure code": {
			{"data in, data out", pure("import \"time\"\nfunc f(now time.Time) time.Time { return now.Add(time.Second) }\n"), nil},
			{"imports of the world", pure("import (\n\"context\"\n\"math/rand/v2\"\n\"os\"\n\"sync/atomic\"\n)\n"), []string{
				"saga/engine_x.go:3: a pure file imports context",
				"saga/engine_x.go:4: a pure file imports math/rand/v2",
				"saga/engine_x.go:5: a pure file imports os",
				"saga/engine_x.go:6: a pure file imports sync/atomic",
			}},
			{"the clock", pure("import \"time\"\nvar clock = time.Now\nfunc f() {\n_ = time.Since(clock())\n}\n"), []string{
				"saga/engine_x.go:3: a pure file uses the clock, by time.Now",
				"saga/engine_x.go:5: a pure file uses the clock, by time.Since",
			}},
			{"goroutines and channels", pure("func f(c chan int) {\ngo f(c)\nc <- 1\n<-c\nselect {}\n}\n"), []string{
				"saga/engine_x.go:2: a pure file has a channel",
				"saga/engine_x.go:3: a pure file starts a goroutine",
				"saga/engine_x.go:4: a pure file sends on a channel",
				"saga/engine_x.go:5: a pure file receives from a channel",
				"saga/engine_x.go:6: a pure file has a select",
			}},
			{"a shell may", func() source {
				s := pure("")
				s["saga/orchestrator.go"] = "package saga\nimport \"context\"\nfunc f() { go g() }\n"
				return s
			}(), nil},
			{"a file that is gone", gone, []string{"saga/decide.go: there is no such file"}},
			{"a package that is gone", source{}, []string{"saga: there is no such package"}},
		},
	}
}
