// Package proof is what the campaigns of the proof have in common: how a test learns how much it is to do, and how it
// hands over what it has done.
//
// A campaign is a test. A plain go test runs it small; the proof (see package proofrun) asks for more by setting
// environment variables, and collects one line of JSON for each part from the file that SKALD_PROOF_RESULTS names. What
// docs/proof.md says is written from these lines and from nothing else.
package proof
