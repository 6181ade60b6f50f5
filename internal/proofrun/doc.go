// Command proofrun runs the campaigns of the proof and writes docs/proof.md from what they have recorded.
//
// A campaign is a test, or the mutants command, that takes its size from the environment and records figures (see package
// proof). Proofrun runs those of parts.go at the size asked for, as many at a time as there are processors for, then every
// fuzz target for a while. A campaign that fails, that records nothing, or whose figures stay below what it was asked for
// makes the whole run fail: a run that exercised nothing is void, not green.
//
//	go run ./internal/proofrun -size proof
//
// The results stand beside the report as docs/proof.jsonl, one line for each part; the report is made from them alone.
package main
