// Package archtest holds the rules of this repository that a compiler does not check: which package may import which,
// what library code never does, how large a file may grow, what has to be documented. [Rules] lists them, each named by
// a sentence; the test in the root directory applies them to the repository.
//
// # Guarantees
//
//   - The rules read source text only, with every build tag: no package is compiled, so a broken package is no excuse
//     and the whole repository takes less than a second.
//   - Every [Problem] names a file, a line and the remedy.
//   - A rule that has nothing left to look at (a file that it names is gone, a package that no floor covers) reports that
//     instead of passing.
//
// Directories named testdata or vendor, and names that begin with "." or "_", are not looked at. Generated files, by the
// comment that Go prescribes for them, are free of the rules on size and documentation.
package archtest
