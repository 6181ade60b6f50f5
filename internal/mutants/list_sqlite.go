package main

// sqliteMutants are defects of the embedded store.
func sqliteMutants() []mutant {
	all := append(sqliteAppendMutants(), sqliteReadMutants()...)
	return append(all, sqliteDiskMutants()...)
}

const sqlite = "eventstore/sqlite"

func sqliteAppendMutants() []mutant {
	return []mutant{
		{
			name:  "no expected revision, in the file",
			harm:  "Two writers that read the same saga both append to it: a step runs twice.",
			edits: []edit{{"eventstore/sqlite/stage.go", "case exact && want == current,", "case exact && want <= current,"}},
			caught: []check{
				by(sqlite, "TestConformance/expected_revision/Exactly_behind_the_stream_is_a_conflict"),
				by(sqlite, "TestConformance/concurrent_writers/of_many_writers_at_one_revision_exactly_one_wins"),
			},
		},
		{
			name: "the repeat of an append is not recognised",
			harm: "A writer that lost the answer is told of a conflict with itself, and decides again on its own decision.",
			edits: []edit{{
				"eventstore/sqlite/stage.go", "if err != nil || repeated {", "if err != nil || repeated && current < 0 {",
			}},
			caught: []check{by(sqlite, "TestConformance/repeat/a_repeat_under_Exactly_returns_the_first_outcome")},
		},
		{
			name: "a repeat is recognised by its first event alone",
			harm: "An append is said to be stored although other events stand in its place.",
			edits: []edit{{
				"eventstore/sqlite/stage.go", "for i := 0; same && i < len(r.events); i++ {", "for i := 0; same && i < min(1, len(r.events)); i++ {",
			}},
			caught: []check{by(sqlite, "TestConformance/no_repeat/a_repeat_whose_later_id_differs_is_a_conflict")},
		},
		{
			name: "cached heads outlive the commit of another process",
			harm: "Revisions are given twice when two processes write to one file.",
			edits: []edit{{
				"eventstore/sqlite/stage.go", "if s.known && version == s.version {", "if s.known && version >= 0 {",
			}},
			caught: []check{by(sqlite, "TestTwoStoresOnOneFile")},
		},
		{
			name: "cached heads outlive a rollback",
			harm: "After a full disk the store believes in events that it does not have, and positions have gaps.",
			edits: []edit{{
				"eventstore/sqlite/stage.go", "	s.heads.drop()\n	s.known = false\n", "",
			}},
			caught: []check{by(sqlite, "TestTheCacheOfHeads")},
		},
		{
			name:   "the lock file is ignored",
			harm:   "Two orchestrators run on one log and take each other's steps for their own to do.",
			edits:  []edit{{"eventstore/sqlite/lock.go", "err = tryLock(file, shared)\n	if errors.Is", "if errors.Is"}},
			caught: []check{by(sqlite, "TestLock"), by(sqlite, "TestConformance/locker/of_many_callers_at_once_exactly_one_gets_the_lock")},
		},
	}
}

func sqliteReadMutants() []mutant {
	return []mutant{
		{
			name: "a subscription reads past the frontier",
			harm: "A consumer that resumes from the position it was told skips the event that was stored next.",
			edits: []edit{{
				"eventstore/sqlite/subscribe.go",
				"end := eventstore.NewPosition(uint64(s.cursor.at), 0); end.After(s.passed)",
				"end := eventstore.NewPosition(uint64(s.cursor.at)+1, 0); end.After(s.passed)",
			}},
			caught: []check{by(sqlite, "TestConformance/subscribers/no_message_lies_beyond_the_head_of_the_log")},
		},
		{
			name: "a page that failed is passed all the same",
			harm: "A subscription goes on behind a page that it could not read, and its events are never seen.",
			edits: []edit{{
				"eventstore/sqlite/cursor.go", "c.at, c.passed, c.page = at, passed, c.page[:0]", "c.passed, c.page = c.passed || passed && at > 0, c.page[:0]",
			}},
			caught: []check{by(sqlite, "TestAPageThatFailsIsReadAgainFromItsStart")},
		},
		{
			name: "the checksum is not verified",
			harm: "A flipped bit on the disk becomes another amount of money.",
			edits: []edit{{
				"eventstore/sqlite/scanner.go", "if stored := stmt.ColumnInt64(8); stored != sum {", "if stored := stmt.ColumnInt64(8); stored != sum && stored < 0 {",
			}},
			caught: []check{by(sqlite, "TestADamagedEventIsNeverReturned"), by(sqlite, "TestEveryColumnOfAnEventIsChecked")},
		},
		{
			name: "the checksum leaves the metadata out",
			harm: "Who did it, when and why can rot without anyone being told.",
			edits: []edit{{
				"eventstore/sqlite/checksum.go", "return int64(crc32.Update(sum, castagnoli, metadata))", "return int64(sum)",
			}},
			caught: []check{by(sqlite, "TestEveryColumnOfAnEventIsChecked")},
		},
		{
			name:   "a gap in the log is passed over",
			harm:   "An event that was deleted from the file is missing, and every read model agrees with that.",
			edits:  []edit{{"eventstore/sqlite/cursor.go", "if key != want {", "if key < want && c.dir == eventstore.Forwards {"}},
			caught: []check{by(sqlite, "TestAMissingEventIsNoticed")},
		},
	}
}

// sqliteDiskMutants show themselves only when the disk fails or the power does.
func sqliteDiskMutants() []mutant {
	const cuts = "TestPowerCutsLoseNothingThatWasAcknowledged"
	return []mutant{
		{
			name: "synchronous is lowered",
			harm: "What was acknowledged is gone after the power was.",
			edits: []edit{
				{"eventstore/sqlite/sql.go", "`PRAGMA synchronous = FULL`", "`PRAGMA synchronous = NORMAL`"},
				{"eventstore/sqlite/sql.go", "synchronousFull       = \"2\"", "synchronousFull       = \"1\""},
			},
			caught: []check{by(sqlite, cuts), by(sqlite, "TestEachCommitIsSyncedAndAFailedSyncStopsTheStore")},
		},
		{
			name: "what recovery finds is not synced",
			harm: "A reader acts on an event after the first power cut, and the second one takes it away.",
			edits: []edit{{
				"eventstore/sqlite/open.go", "if err := syncRecovered(cfg.Path); err != nil {", "if err := error(nil); err != nil {",
			}},
			caught: []check{by(sqlite, "TestALogIsOpenedOnlyAfterItsWALIsSynced")},
		},
		{
			name: "a log whose end is gone is opened as if it were whole",
			harm: "Somebody deletes the WAL to save space, and with it what was acknowledged last.",
			edits: []edit{{
				"eventstore/sqlite/mark.go", "if m.logID != logID || position >= m.position {", "if m.logID != logID || position >= 0 {",
			}},
			caught: []check{by(sqlite, "TestDamagedFiles")},
		},
		{
			name: "a failed sync is ignored",
			harm: "After a sync that failed the store goes on, and acknowledges what the disk may never get.",
			edits: []edit{
				{"eventstore/sqlite/writer.go", "if !isClean(err) {", "if err == nil {"},
				{"eventstore/sqlite/writer.go", "if isFailedSync(err) {", "if err == nil {"},
			},
			caught: []check{
				by(sqlite, "TestEachCommitIsSyncedAndAFailedSyncStopsTheStore"),
				by(sqlite, "TestAFailedSyncEndsTheWholeBatchIndeterminate"),
			},
		},
		{
			name: "an append is split over two transactions",
			harm: "After a power cut a saga has the outcome of a step and not what follows from it.",
			edits: []edit{{
				"eventstore/sqlite/stage.go", "		e := &r.events[i]\n		s.position++\n",
				"		if i == 1 {\n			if err := s.rows.flush(); err != nil {\n				return err\n			}\n" +
					"			for _, half := range []string{sqlCommit, sqlBegin} {\n				if _, err := query(s.conn, half); err != nil {\n" +
					"					return err\n				}\n			}\n		}\n		e := &r.events[i]\n		s.position++\n",
			}},
			caught: []check{
				by(sqlite, "TestTheStoreWhosePowerIsCutWritesWhatTheShippedOneDoes"),
				by(sqlite, "TestConformance/concurrent_writers/a_reader_never_sees_a_part_of_an_append"),
			},
		},
	}
}
