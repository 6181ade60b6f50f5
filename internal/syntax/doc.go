// Package syntax answers questions about Go source that the standard library's parser leaves to its callers, for the programs
// of this repository that read source: types are not needed for the answers.
package syntax
