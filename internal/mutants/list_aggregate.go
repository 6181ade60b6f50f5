package main

import "slices"

// aggregateMutants are defects of how decisions are stored and read back.
func aggregateMutants() []mutant {
	return slices.Concat(storeMutants(), decideMutants(), chainMutants(), snapshotMutants())
}

const agg = "aggregate"

func storeMutants() []mutant {
	return []mutant{
		{
			name: "a decision is appended whatever the stream holds by now",
			harm: "Of two withdrawals that the account could bear only one of, both are stored.",
			edits: []edit{{
				"aggregate/append.go", "head.Stream, head.Expected(), events...)", "head.Stream, eventstore.Any, events...)",
			}},
			caught: []check{by(agg, "TestAfterAConflictItDecidesAgainWithNewIDs"), by("saga", "TestOfTwoRedrivesAtTheSameRevisionOneIsStale")},
		},
		{
			name: "event ids are derived from stream and revision",
			harm: "Two orchestrators that decide the same are both told that they have won, and both run the step.",
			edits: []edit{{
				"aggregate/append.go", "id, err := r.cfg.NewEventID()\n		if err != nil {\n			return head, err\n		}",
				"sum := sha256.Sum256(fmt.Appendf(nil, \"%s %d\", head.Stream, head.Revision+1))\n		id, err := eventstore.EventID(sum[:16]), error(nil)",
			}},
			caught: []check{
				by(agg, "TestAfterAConflictItDecidesAgainWithNewIDs"),
				by("saga", "TestTwoOrchestratorsOnOneStoreShareTheSagasWithoutRunningAnythingTwice"),
			},
		},
		{
			name: "an append of unknown outcome is repeated with fresh ids",
			harm: "A writer whose answer was lost is told of a conflict with what it has stored itself.",
			edits: []edit{{
				"aggregate/append.go", "			delay = min(2*delay, max(time.Second, r.cfg.RepeatDelay))\n",
				"			delay = min(2*delay, max(time.Second, r.cfg.RepeatDelay))\n			for i := range events {\n" +
					"				events[i].ID, _ = r.cfg.NewEventID()\n			}\n",
			}},
			caught: []check{by(agg, "TestAnUnknownOutcomeIsResolvedByTheIdenticalAppend")},
		},
		{
			name: "an unknown outcome is reported as nothing stored",
			harm: "A caller does it again, under new ids, although it is done.",
			edits: []edit{{
				"aggregate/append.go", "if unknown && !indeterminate {", "if unknown && !indeterminate && repeats < 0 {",
			}},
			caught: []check{by(agg, "TestAnOutcomeThatStaysUnknownIsReturnedAsSuch")},
		},
	}
}

func decideMutants() []mutant {
	return []mutant{
		{
			name: "a conflict is answered by appending the old decision again",
			harm: "What was decided on an account of 100 is appended to one of 0.",
			edits: []edit{
				{"aggregate/repository.go", "for conflicts := 0; ; conflicts++ {", "var first []E\n	for conflicts := 0; ; conflicts++ {"},
				{
					"aggregate/repository.go", "events, err := loaded.Aggregate.Decide(command)",
					"events, err := first, error(nil)\n		if conflicts == 0 {\n			events, err = loaded.Aggregate.Decide(command)\n		}\n		first = events",
				},
			},
			caught: []check{by(agg, "TestAfterAConflictItDecidesAgainWithNewIDs")},
		},
		{
			name: "an event of an unknown type is left out of the fold",
			harm: "An older program decides on a saga of which it does not know the last word.",
			edits: []edit{
				{"aggregate/load.go", "	\"context\"\n", "	\"context\"\n	\"errors\"\n"},
				{
					"aggregate/load.go", "	if err != nil {\n		return err\n	}\n	fence, err :=",
					"	if errors.Is(err, eventstore.ErrUnknownType) {\n		return nil\n	}\n	if err != nil {\n		return err\n	}\n	fence, err :=",
				},
			},
			caught: []check{
				by(agg, "TestEventsThatCannotBeDecodedAreNamed"),
				by("saga", "TestG24AnUnreadableStreamSetsThatSagaAsideAndNoOther"),
			},
		},
	}
}

func chainMutants() []mutant {
	return []mutant{
		{
			name: "the hash chain is not verified",
			harm: "Whoever edits the database edits history, and nobody finds out.",
			edits: []edit{{
				"aggregate/hash.go", "if !bytes.Equal(want[:], digits) {", "if len(digits) != len(want) && !bytes.Equal(want[:], digits) {",
			}},
			caught: []check{by(agg, "TestAnAlteredStreamIsFound"), by(agg, "TestNoAlteredByteGoesUnnoticed")},
		},
		{
			name: "the event type is left out of the hash",
			harm: "StepFailed can be turned into StepCompleted.",
			edits: []edit{{
				"aggregate/hash.go", "b = binary.BigEndian.AppendUint64(b, uint64(len(eventType)))\n	b = append(b, eventType...)",
				"_ = eventType",
			}},
			caught: []check{
				by(agg, "TestTheHashIsTheDocumentedOne"), by(agg, "TestNoAlteredByteGoesUnnoticed"),
				keeps("S8"),
			},
		},
		{
			name: "the previous hash is left out of the hash",
			harm: "An event can be replaced as long as it carries a hash of its own.",
			edits: []edit{{
				"aggregate/hash.go", "b = append(b, prev[:]...)", "b = append(b, make([]byte, len(prev))...)",
			}},
			caught: []check{
				by(agg, "TestTheHashIsTheDocumentedOne"),
				keeps("S8"),
			},
		},
	}
}
