package main

// verifyMutants are defects of the checker of logs itself.
func verifyMutants() []mutant {
	return []mutant{
		{
			name: "the signature of a seal is not checked",
			harm: "Whoever changes the log seals it anew, and the audit finds nothing.",
			edits: []edit{{
				"saga/verify/sign.go", "if !ed25519.Verify(key, header, s.Signature) {", "if !ed25519.Verify(key, header, s.Signature) && len(header) == 0 {",
			}},
			caught: []check{by(verifier, "TestASignatureCoversTheWholeSeal")},
		},
		{
			name: "a seal is believed by the key that it carries itself",
			harm: "A forger signs with a key of his own and sends it along.",
			edits: []edit{{
				"saga/verify/sign.go", "if !ed25519.Verify(key, header, s.Signature) {", "if !ed25519.Verify(s.PublicKey, header, s.Signature) {",
			}},
			caught: []check{by(verifier, "TestASignatureCoversTheWholeSeal")},
		},
		{
			name: "the root of a seal is not computed again",
			harm: "A stream can be taken out of a seal, and then out of the log.",
			edits: []edit{{
				"saga/verify/seal_file.go", "got != s.Root {", "got != s.Root && len(s.Streams) == 0 {",
			}},
			caught: []check{by(verifier, "TestWhatIsNoSealIsRefused")},
		},
		{
			name: "a stream that ends before its seal is not missed",
			harm: "The last events of a saga are cut off, others take their number, and the audit finds nothing.",
			edits: []edit{{
				"saga/verify/seal.go", "p.found.add(ruleTail,", "continue\n			p.found.add(ruleTail,",
			}},
			caught: []check{saying("T3", verifier, "TestEachRuleFires")},
		},
		{
			name: "the checker does not compare the hashes",
			harm: "The audit calls a log sound whose events were edited.",
			edits: []edit{{
				"saga/verify/pass.go", "case digits != nil && !matches(&hash, digits):", "case digits != nil && len(digits) == 0:",
			}},
			caught: []check{by(verifier, "TestEveryChangeThatLeavesTheChainBehindIsFound"), by(verifier, "TestEachRuleFires")},
		},
	}
}
