package archtest_test

func testExamples() map[string][]example {
	return map[string][]example{
		"no test skips": {
			{"in each way", source{
				"a/a_test.go":  "package a\nimport \"testing\"\nfunc TestA(t *testing.T) {\nif testing.Short() {\nt.Skip()\n}\nt.Skipf(\"\")\n}\n",
				"a/atest/a.go": "package atest\nimport \"testing\"\nfunc Run(t testing.TB) {\nt.SkipNow()\n}\n",
			}, []string{
				"a/a_test.go:4: the test can pass without having run, by Short",
				"a/a_test.go:5: the test can pass without having run, by Skip",
				"a/a_test.go:7: the test can pass without having run, by Skipf",
				"a/atest/a.go:4: the test can pass without having run, by SkipNow",
			}},
			{"a function of another package", source{
				"a/a_test.go": "package a\nimport \"example.org/json\"\nfunc f() { json.Skip() }\n",
			}, nil},
		},
		"no test sleeps outside a bubble": {
			{"outside", source{"a/a_test.go": "package a\nimport \"time\"\nfunc f() {\ntime.Sleep(1)\n}\n"}, []string{
				"a/a_test.go:4: the test sleeps",
			}},
			{"inside", source{
				"a/a_test.go": "package a\nimport (\n\"time\"\n\"testing/synctest\"\n)\nfunc f() { synctest.Wait(); time.Sleep(1) }\n",
			}, nil},
			{"in what a bubble of another file runs, and not in a test of its own", source{
				"a/a_test.go":       "package a\nimport _ \"testing/synctest\"\n",
				"a/helpers_test.go": "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }\n",
				"a/other_test.go":   "package a\nimport \"time\"\nfunc TestA() { time.Sleep(1) }\n",
			}, []string{"a/other_test.go:3: the test sleeps"}},
		},
		"tests stop at the first failed assertion": {
			{"they go on", source{"a/a_test.go": "package a\nimport _ \"github.com/stretchr/testify/assert\"\n"}, []string{
				"a/a_test.go:2: a test that goes on after a failed assertion reports what follows from it",
			}},
		},
	}
}

func leakExamples() map[string][]example {
	return map[string][]example{
		"packages that start goroutines look for leaks": {
			{"with a go statement", source{"a/a.go": "package a\nfunc f() {\ngo f()\ngo f()\n}\n"}, []string{
				"a/a.go:3: a goroutine is started, and no test looks for leaks",
			}},
			{"with a group", source{"a/a.go": "package a\nimport \"sync\"\nfunc f(wg *sync.WaitGroup) {\nwg.Go(func() {})\n}\n"}, []string{
				"a/a.go:4: a goroutine is started, and no test looks for leaks",
			}},
			{"in a program, which takes them with it", source{
				"a/a.go": "package main\nfunc main() { go main() }\n",
			}, nil},
			{"and a test that looks", source{
				"a/a.go":      "package a\nfunc f() { go f() }\n",
				"a/a_test.go": "package a\nimport \"go.uber.org/goleak\"\nfunc TestMain(m *testing.M) { goleak.VerifyTestMain(m) }\n",
			}, nil},
			{"and a test that only knows how to look", source{
				"a/a.go":      "package a\nfunc f() { go f() }\n",
				"a/a_test.go": "package a\nimport _ \"go.uber.org/goleak\"\n",
			}, []string{"a/a.go:2: a goroutine is started, and no test looks for leaks"}},
			{"in tests alone", source{
				"a/a.go":      "package a\n",
				"a/a_test.go": "package a\nfunc f() {\ngo f()\n}\n",
				"b/b.go":      "package main\nfunc main() { go main() }\n",
				"b/b_test.go": "package main\nfunc f() { go f() }\n",
			}, []string{
				"a/a_test.go:3: a goroutine is started, and no test looks for leaks",
				"b/b_test.go:2: a goroutine is started, and no test looks for leaks",
			}},
		},
	}
}

func guaranteeExamples() map[string][]example {
	const code = `package a
func TestIt(t *testing.T) { t.Run("a sentence", nil) }
func helper() {}
`
	row := func(row string) source {
		return source{
			"docs/guarantees.md": "# Guarantees\n\n| what holds | proof |\n| --- | --- |\n" + row + "\n",
			"a/a_test.go":        code, "a/a.go": "package a\nconst c = \"not a test\"\n",
			"a/atest/a.go": "package atest\nvar cases = []c{{\"of the suite\", nil}}\n",
		}
	}
	return map[string][]example{
		"every guarantee names a test that exists": {
			{"by function, by sentence and in a suite", row("| it holds | `a: TestIt` `a: a sentence` `a/atest: of the suite` |"), nil},
			{"no proof", row("| it holds | surely |"), []string{"docs/guarantees.md:5: the promise has no proof"}},
			{"a proof that is gone", row("| it holds | `a: TestGone` `a: a sentence` `b: TestIt` |"), []string{
				`docs/guarantees.md:5: there is no test "TestGone" in a`,
				`docs/guarantees.md:5: there is no test "TestIt" in b`,
			}},
			{"what is no test", row("| it holds | `a: helper` `a: not a test` |"), []string{
				`docs/guarantees.md:5: there is no test "helper" in a`,
				`docs/guarantees.md:5: there is no test "not a test" in a`,
			}},
			{"no page", source{}, []string{"docs/guarantees.md: open docs/guarantees.md: file does not exist"}},
			{"no promise", source{"docs/guarantees.md": "# Guarantees\n\n| what holds | proof |\n| --- | --- |\n"}, []string{
				"docs/guarantees.md: it holds no table",
			}},
		},
	}
}
