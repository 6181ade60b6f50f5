package main

import "slices"

const (
	read  = "projection"
	views = "projection/sagaview"
)

// projectionMutants are defects of how read models follow the log.
func projectionMutants() []mutant {
	return slices.Concat(checkpointMutants(), standingMutants(), poisonMutants())
}

func checkpointMutants() []mutant {
	const diesAtCommit = "TestEachEventIsAppliedExactlyOnceWhenTheProcessDiesAtAnyCommit"
	transaction := "		// First, because it takes the row: a projector that was superseded does no work.\n" +
		"		if err := s.advance(ctx, tx, position, len(events), caughtUpAt); err != nil {\n			return err\n		}\n" +
		"		if err := s.recordQuarantine(ctx, tx, poison, skipped); err != nil {\n			return err\n		}\n" +
		"		if err := s.apply(ctx, tx, events); err != nil {\n			return err\n		}\n" +
		"		return s.keepLease(ctx, tx) // last, because the rest may have taken long\n	})\n"
	return []mutant{
		{
			name: "the checkpoint is stored before the rows",
			harm: "After a crash between the two, events are missing from the read model for ever.",
			edits: []edit{{
				"projection/flush.go", transaction,
				"		if err := s.advance(ctx, tx, position, len(events), caughtUpAt); err != nil {\n			return err\n		}\n" +
					"		return s.recordQuarantine(ctx, tx, poison, skipped)\n	})\n	if err == nil {\n" +
					"		err = s.p.inTx(ctx, func(tx *sql.Tx) error { return s.apply(ctx, tx, events) })\n	}\n",
			}},
			caught: []check{by(read, diesAtCommit), by(read, "TestEachEventIsAppliedExactlyOnceWhenApplyEndsAtAnyEvent")},
		},
		{
			name: "the checkpoint is stored after the rows, in a transaction of its own",
			harm: "After a crash between the two, events count twice in the read model.",
			edits: []edit{{
				"projection/flush.go", transaction,
				"		return s.apply(ctx, tx, events)\n	})\n	if err == nil {\n		err = s.p.inTx(ctx, func(tx *sql.Tx) error {\n" +
					"			return errors.Join(s.advance(ctx, tx, position, len(events), caughtUpAt), s.recordQuarantine(ctx, tx, poison, skipped))\n" +
					"		})\n	}\n",
			}},
			caught: []check{by(read, diesAtCommit)},
		},
		{
			name: "an event that is delivered again is applied again",
			harm: "A deposit counts twice.",
			edits: []edit{{
				"projection/session.go", "if fresh := m.Position.After(b.position); fresh {", "if fresh := !m.Position.IsZero(); fresh {",
			}},
			caught: []check{by(read, "TestEachEventIsAppliedExactlyOnceWhenTheLogDeliversItAgain")},
		},
		{
			name: "a catch-up reads the head after the events",
			harm: "What is appended meanwhile lies before the checkpoint, and is never applied.",
			edits: []edit{{
				"projection/log.go", "			if e.Position.After(head) {\n				head = e.Position\n			}\n		}\n",
				"			if e.Position.After(head) {\n				head = e.Position\n			}\n		}\n" +
					"		if now, err := s.p.readLog(ctx); err == nil && now.head.After(head) {\n			head = now.head\n		}\n",
			}},
			caught: []check{by(read, "TestACatchUpPassesNothingThatItHasNotRead")},
		},
	}
}

func standingMutants() []mutant {
	return []mutant{
		{
			name: "of two projectors both write",
			harm: "Each event is applied by both: everything counts twice.",
			edits: []edit{
				{"projection/flush.go", "slot = $7 AND token = $8 AND generation = $9`,", "slot = $7 AND $8 = $8 AND generation = $9`,"},
				{"projection/lease.go", "AND token = $3 AND generation = $4\n", "AND $3 = $3 AND generation = $4\n"},
			},
			caught: []check{by(read, "TestAProjectorThatIsToldToTakeOverDoesSoAndTheOtherStandsBy")},
		},
		{
			name: "a projector does not stand by while another one is live",
			harm: "Each projector that starts takes the read model away from the one before, which takes it back, for ever.",
			edits: []edit{{
				"projection/standby.go", "!lease.alive() || c.seen.expired(lease) {\n		return nil, nil", "lease.alive() {\n		return nil, nil",
			}},
			caught: []check{by(read, "TestOfSeveralProjectorsOneIsLiveAndTheOthersStandBy")},
		},
		{
			name: "a checkpoint of another log is gone on with",
			harm: "After the log was exchanged the read model shows half of the old one and half of the new one.",
			edits: []edit{{
				"projection/log.go", "case c.logID != log.id:", "case c.logID != log.id && c.logID == \"\":",
			}},
			caught: []check{by(read, "TestACheckpointThatDoesNotFitIsRefused")},
		},
		{
			name: "a checkpoint ahead of its log is gone on with",
			harm: "After the log was restored from a backup the read model skips what is appended anew.",
			edits: []edit{{
				"projection/log.go", "case c.position.After(log.head):", "case c.position.After(log.head) && log.head.IsZero():",
			}},
			caught: []check{by(read, "TestACheckpointThatDoesNotFitIsRefused")},
		},
		{
			name: "a projector that died still counts as live",
			harm: "The dashboard is green, and shows yesterday.",
			edits: []edit{{
				"projection/status.go", "return now.Sub(c.updatedAt) <= abandonedAfter }", "return now.Sub(c.updatedAt) <= 1000*abandonedAfter }",
			}},
			caught: []check{by(read, "TestTheStatusOfAProjectorThatDiedIsStoppedWithItsName")},
		},
	}
}

func poisonMutants() []mutant {
	return []mutant{
		{
			name: "an event that cannot be applied is skipped in silence",
			harm: "The read model lacks something, and nobody knows what.",
			edits: []edit{{
				"projection/flush.go", "if s.p.cfg.OnPoison == StopOnPoison {\n			return poison\n		}\n		s.quarantined[poison.Stream] = true\n		if err := s.commit(ctx, nil, e[0].Position, time.Time{}, poison); err != nil {",
				"if err := s.commit(ctx, nil, e[0].Position, time.Time{}, nil); err != nil {",
			}},
			caught: []check{
				by(read, "TestAnEventThatCannotBeAppliedStopsTheProjectionAndIsNamed"),
				by(read, "TestAnEventThatCannotBeAppliedSetsItsStreamAsideWhenSoConfigured"),
			},
		},
		{
			name: "one stream in quarantine stops all others",
			harm: "One strange event of one saga, and no saga is shown any more.",
			edits: []edit{{
				"projection/flush.go", "if s.p.cfg.OnPoison == StopOnPoison {", "if s.p.cfg.OnPoison >= StopOnPoison {",
			}},
			caught: []check{
				by(read, "TestAnEventThatCannotBeAppliedSetsItsStreamAsideWhenSoConfigured"),
				by(views, "TestAnEventOfAnUnknownTypeSetsAsideOneSagaWhenSoConfigured"),
			},
		},
		{
			name: "a full disk sets streams aside",
			harm: "The disk was full for a minute, and a thousand sagas are missing from the dashboard.",
			edits: []edit{{
				"projection/flush.go", "		if isDatabase(err) {\n			return fmt.Errorf(\"apply events: %w\", err)\n		}\n", "",
			}},
			caught: []check{by(read, "TestAnEventIsNotBlamedWhenTheDatabaseIsFull")},
		},
		{
			name: "what is in quarantine is forgotten by a restart",
			harm: "Later events of a stream are applied on top of the hole in it.",
			edits: []edit{{
				"projection/quarantine.go", "for _, e := range list {\n		s.quarantined[e.Stream] = true\n	}", "_ = list",
			}},
			caught: []check{by(read, "TestAnEventThatCannotBeAppliedSetsItsStreamAsideWhenSoConfigured")},
		},
	}
}

// rebuildMutants are defects of making a read model again.
func rebuildMutants() []mutant {
	return []mutant{
		{
			name: "a rebuild writes into the live tables",
			harm: "During a rebuild everything is counted twice, in front of everybody.",
			edits: []edit{{
				"projection/relations.go", "pairs = append(pairs, \"{\"+t.Name+\"}\", t.Name+r.suffix)", "pairs = append(pairs, \"{\"+t.Name+\"}\", t.Name)",
			}},
			caught: []check{by(read, "TestARebuildMakesWhatWasThereRowForRow"), by(read, "TestARebuildThatFailsLeavesEverythingAsItWas")},
		},
		{
			name: "a rebuild is swapped in before it has reached the live tables",
			harm: "The dashboard goes back in time when a rebuild ends.",
			edits: []edit{{
				"projection/rebuild.go", "if !live.After(s.position) {\n		return nil\n	}", "if live.After(s.position) {\n		return nil\n	}",
			}},
			caught: []check{by(read, "TestARebuildEndsNoEarlierThanTheLiveTables")},
		},
		{
			name: "a live projector does not notice that the tables were exchanged",
			harm: "It writes a batch that it had read for the old tables, and its place is that of the new ones.",
			edits: []edit{
				{"projection/flush.go", "token = $8 AND generation = $9`,", "token = $8 AND $9 = $9`,"},
				{"projection/lease.go", "AND token = $3 AND generation = $4\n", "AND token = $3 AND $4 = $4\n"},
			},
			caught: []check{by(read, "TestRebuildsUnderALiveProjectorAreSafe"), by(read, "TestAStreamSetAsideIsRedrivenWhileAProjectorIsLive")},
		},
	}
}

// sagaviewMutants are defects of the read model of sagas.
func sagaviewMutants() []mutant {
	return []mutant{
		{
			name: "stuck is reckoned from the clock, not from how far the projection is",
			harm: "A projection that lags a minute reports every saga as stuck, and wakes somebody up.",
			edits: []edit{{
				"projection/sagaview/schema.go", "s.next_due < c.caught_up_at - %d`,", "s.next_due < c.updated_at - %d`,",
			}},
			caught: []check{by(views, "TestAProjectionThatLagsReportsLagAndNoSagaAsStuck")},
		},
		{
			name: "an event that cannot be decoded is left out of the read model",
			harm: "The dashboard shows a saga as it was before the event that it does not know.",
			edits: []edit{{
				"projection/sagaview/batch.go", "event, err := aggregate.DecodeEvent[saga.Event](v.registry, *ev)\n	if err != nil {\n		return err\n	}",
				"event, err := aggregate.DecodeEvent[saga.Event](v.registry, *ev)\n	if err != nil {\n		return nil\n	}",
			}},
			caught: []check{
				by(views, "TestAnEventOfAnUnknownTypeStopsTheProjectionAndIsNamed"),
				by(views, "TestAnEventOfAnUnknownTypeSetsAsideOneSagaWhenSoConfigured"),
			},
		},
		{
			name:   "a parked saga counts as stuck",
			harm:   "What waits for a person raises the alarm for what nobody knows of.",
			edits:  []edit{{"projection/sagaview/fold.go", "r.parked, r.nextDue = true, 0", "r.parked = true"}},
			caught: []check{by(views, "TestASagaThatWaitsForAPersonIsNeverStuck")},
		},
		{
			name: "late news of an ended saga is on no list",
			harm: "The payment is in the log, and no person is ever shown it.",
			edits: []edit{{
				"projection/sagaview/fold.go", "e, ok := event.(saga.StepCompleted)\n	if !ok {", "e, ok := event.(saga.StepCompleted)\n	if !ok || e.Late {",
			}},
			caught: []check{by(views, "TestASuccessThatBecameKnownAfterTheEndIsListedWithTheParked")},
		},
	}
}
