package archtest

// Rules returns every rule of the repository.
func Rules() []Rule {
	return []Rule{
		{"imports point down the floors", checkFloors},
		{"production code imports nothing made for tests", checkTestImports},
		{"importing a package runs no code", checkInit},
		{"packages hold no state", checkPackageState},
		{"libraries leave sleeping, printing, logging and exiting to the program", checkForbidden},
		{"no struct keeps a context", checkContexts},
		{"sagas are decided by pure code", checkPurity},
		{"every package begins with its doc.go", checkPackageDocs},
		{"every exported symbol has a comment", checkSymbolDocs},
		{"no comment puts work off", checkMarkers},
		{"no file is too long", checkFileSize},
		{"no function is too long", checkFuncSize},
		{"no test skips", checkSkips},
		{"no test sleeps outside a bubble", checkTestSleeps},
		{"tests stop at the first failed assertion", checkAsserts},
		{"packages that start goroutines look for leaks", checkLeaks},
		{"every guarantee names a test that exists", checkGuarantees},
	}
}
