package main

import "slices"

// snapshotMutants are defects of how states are kept, and found again.
func snapshotMutants() []mutant {
	return slices.Concat(snapshotLoadMutants(), snapshotStreamMutants(), snapshotSagaMutants())
}

func snapshotLoadMutants() []mutant {
	return []mutant{
		{
			name: "a snapshot is used whatever hash the event at its place has",
			harm: "After a log was restored from a backup, an aggregate is what it was in the history that is gone.",
			edits: []edit{{
				"aggregate/snapshot.go", " && string(digits) == hex.EncodeToString(h.Hash[:])", " && len(hex.EncodeToString(digits)) > 0",
			}},
			caught: []check{by(agg, "TestASnapshotThatDoesNotFitIsDiscardedAndReplaced")},
		},
		{
			name: "the event that a snapshot ends with is folded once more",
			harm: "The last deposit before a snapshot counts twice.",
			edits: []edit{{
				"aggregate/snapshot.go", "			fits, restored.hashed = true, true\n",
				"			fits, restored.hashed = true, true\n			event, _ := decodeEvent[E](r.cfg.Registry, &ev)\n" +
					"			restored.Aggregate.Evolve(event)\n",
			}},
			caught: []check{by(agg, "TestG25ALongStreamIsLoadedFromItsSnapshot"), by(agg, "TestG25ASnapshotAndTheRestIsTheWhole")},
		},
		{
			name: "a snapshot of another version is used",
			harm: "After an update an aggregate lacks what the old program did not keep.",
			edits: []edit{{
				"aggregate/snapshot.go", "case s.Schema != keeper.SnapshotSchema():", "case s.Schema == 0:",
			}},
			caught: []check{by(agg, "TestASnapshotThatDoesNotFitIsDiscardedAndReplaced")},
		},
		{
			name: "a snapshot beyond the end of its stream counts",
			harm: "After a log was restored from a backup, an aggregate is ahead of its stream, and every append a conflict.",
			edits: []edit{{
				"aggregate/snapshot.go", "	if !fits {\n", "	if !fits && at.Revision < 0 {\n",
			}},
			caught: []check{by(agg, "TestASnapshotThatDoesNotFitIsDiscardedAndReplaced")},
		},
		{
			name: "a load fails with its snapshot",
			harm: "An account with one damaged snapshot cannot be used, although all its events are sound.",
			edits: []edit{{
				"aggregate/snapshot.go", "	if restored == nil {\n		return false, nil\n", "	if restored == nil {\n		return false, err\n",
			}},
			caught: []check{by(agg, "TestSnapshotsThatFailStopNothing"), by(agg, "TestASnapshotThatDoesNotFitIsDiscardedAndReplaced")},
		},
	}
}

func snapshotStreamMutants() []mutant {
	return []mutant{
		{
			name: "the checksum of a snapshot is not compared",
			harm: "A damaged digit in a snapshot becomes the balance of an account.",
			edits: []edit{{
				"aggregate/snapshot_stream.go", " || form.Sum != s.sum()", "",
			}},
			caught: []check{by(agg, "TestADamagedSnapshotInAStreamIsFoundAndReplaced")},
		},
		{
			name: "snapshots are kept whatever their size",
			harm: "An aggregate with a large state makes the log many times larger.",
			edits: []edit{{
				"aggregate/snapshot_stream.go", "int64(len(snapshot.State)) > spared*sparedBytes", "spared < 0",
			}},
			caught: []check{by(agg, "TestSnapshotsInAStreamDoNotMakeALogGrowForNothing")},
		},
	}
}

func snapshotSagaMutants() []mutant {
	return []mutant{
		{
			name: "the snapshot of a saga forgets that it is overdue",
			harm: "A saga that was about to be compensated because its deadline had passed goes on after a restart, and is overdue twice.",
			edits: []edit{{
				"saga/snapshot.go", "deadline: form.Deadline, overdue: form.Overdue,", "deadline: form.Deadline,",
			}},
			caught: []check{by("saga", "TestG25ASnapshotOfASagaHoldsEveryField")},
		},
		{
			name: "the snapshot of a saga is one event ahead of it",
			harm: "An operator who looks at a long saga is told that it has changed since, whenever they act on it.",
			edits: []edit{{
				"saga/snapshot.go", "revision: form.Revision,", "revision: form.Revision + 1,",
			}},
			caught: []check{
				by("saga", "TestG25ASnapshotOfASagaAndTheRestIsTheWhole"), by("saga", "TestG25ALongSagaIsLoadedFromItsSnapshot"),
			},
		},
		{
			name: "a saga that runs is not kept as it grows",
			harm: "After a restart each saga with a long history is read from its first event.",
			edits: []edit{{
				"saga/snapshots.go", "if every <= 0 || first/every", "if every > 0 || first/every",
			}},
			caught: []check{by("saga", "TestG25ASagaThatRunsForLongIsKeptAndGoneOnWithFromItsSnapshot")},
		},
	}
}
