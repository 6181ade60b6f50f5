package main

// sharingMutants are defects of how orchestrators share the sagas of a store.
func sharingMutants() []mutant {
	return append(append(tenureMutants(), fenceMutants()...), leaseMutants()...)
}

const leasesFile, tenureFile = "saga/engine_leases.go", "saga/session_leases.go"

func tenureMutants() []mutant {
	return []mutant{
		{
			name:   "a lost shard's sagas go on",
			harm:   "Two orchestrators drive the same sagas and ask every participant twice.",
			edits:  []edit{{leasesFile, "next[i].inHand = g.shards[i].inHand", "next[i] = g.shards[i]"}},
			caught: []check{by(sagas, "TestAnOrchestratorThatCannotRenewLetsGoOfEverythingInTime")},
		},
		{
			name:   "an attempt of a lost shard is not cancelled",
			harm:   "It goes on for as long as it may, beside that of the next owner.",
			edits:  []edit{{leasesFile, "s.token == 0 {\n			g.cancelAttempts(e)", "s.returning {\n			g.cancelAttempts(e)"}},
			caught: []check{by(sagas, "TestAnAttemptOfALostShardIsCancelledAndWhatComesOfItRecorded")},
		},
		{
			name: "an attempt begins although its shard was lost while it was recorded",
			harm: "The next owner runs the step as well.",
			edits: []edit{{
				"saga/engine_outcomes.go", "g.stopping || expired || !g.drives(e) {", "g.stopping || expired {",
			}},
			caught: []check{by(sagas, "TestAnAttemptWhoseRecordBecomesDurableAfterTheShardIsLostDoesNotBegin")},
		},
		{
			name: "returned shards are driven on",
			harm: "A new orchestrator never gets its share: a busy one always has something in hand.",
			edits: []edit{{
				leasesFile, "return s == nil || s.token > 0 && !s.returning && s.token >= e.fence",
				"return s == nil || s.token > 0 && s.token >= e.fence",
			}},
			caught: []check{by(sagas, "TestAShardIsHandedOverWhenItsAttemptsHaveEnded")},
		},
		{
			name:   "a shard is returned while something of it is in hand",
			harm:   "The next owner interrupts attempts that would have succeeded.",
			edits:  []edit{{leasesFile, "s.returning && !s.vacated && s.inHand == 0 {", "s.returning && !s.vacated {"}},
			caught: []check{by(sagas, "TestAShardIsVacatedOnceForEachTokenWhenNothingOfItIsInHand")},
		},
		{
			name:   "a handover waits for its attempts without end",
			harm:   "One step that hangs keeps a shard for hours with a process that is to be relieved of it.",
			edits:  []edit{{tenureFile, "		s.apply(ReturnOverdue{})\n", ""}},
			caught: []check{by(sagas, "TestAnAttemptThatOutlastsTheGraceOfAHandoverIsInterrupted")},
		},
		{
			name:   "an open attempt of a shard that was gained is nobody's",
			harm:   "The sagas of a process that died wait for ever.",
			edits:  []edit{{"saga/engine_advance.go", "if g.shared() { // whoever", "if g.shared() && e.queued { // whoever"}},
			caught: []check{by(sagas, "TestTheSagasOfAProcessThatDiesAreTakenOverWithinTwoLeaseTimes")},
		},
		{
			name:   "a saga that is set aside is forgotten with its shard",
			harm:   "Nobody looks at it again, and no list shows it.",
			edits:  []edit{{leasesFile, "			e.again = true\n			continue\n", "			continue\n"}},
			caught: []check{by(sagas, "TestASagaThatIsSetAsideIsNotForgottenWhenItsShardIsLostAndComesBack")},
		},
	}
}

func fenceMutants() []mutant {
	return []mutant{
		{
			name:   "no fence: events carry no token",
			harm:   "What an owner that was frozen for an hour asks for cannot be told from what the present one does.",
			edits:  []edit{{leasesFile, "		return s.token\n	}\n	return 0\n", "		return 0\n	}\n	return 0\n"}},
			caught: []check{by(sagas, "TestTokensGrowWithEveryTakeoverAndReachTheParticipants")},
		},
		{
			name:   "participants are not told the token",
			harm:   "They cannot refuse what an owner that was frozen asks for an hour later.",
			edits:  []edit{{"saga/engine_outcomes.go", "results, fence: e.pendingFence,", "results,"}},
			caught: []check{by(sagas, "TestTokensGrowWithEveryTakeoverAndReachTheParticipants")},
		},
		{
			name:   "a token is used that is behind one of the stream",
			harm:   "Participants that compare tokens refuse the saga for ever.",
			edits:  []edit{{leasesFile, "s != nil && s.token >= e.fence {\n		return s.token", "s != nil {\n		return s.token"}},
			caught: []check{by(sagas, "TestATokenBehindOneInTheStreamIsNotUsed")},
		},
		{
			name: "a saga is driven by an owner whose token is behind",
			harm: "Two owners, one of whom should know better, run its steps in turns.",
			edits: []edit{{
				leasesFile, "return s == nil || s.token > 0 && !s.returning && s.token >= e.fence",
				"return s == nil || s.token > 0 && !s.returning",
			}},
			caught: []check{by(sagas, "TestATokenBehindOneInTheStreamIsNotUsed")},
		},
		{
			name:   "tokens in the log are not outbid",
			harm:   "After a copy of the log to another store none of its open sagas goes on.",
			edits:  []edit{{"saga/leases.go", "	request.Above = l.above\n", ""}},
			caught: []check{by(sagas, "TestTokensInTheLogThatTheStoreNeverGrantedAreOutbid")},
		},
		{
			name:   "a token is kept when a shard changes hands",
			harm:   "The old owner and the new one cannot be told apart.",
			edits:  []edit{{settleFile, "		next.Token++\n		me.Held = append(", "		me.Held = append("}},
			caught: []check{by(sagas, "TestTokensGrowWithEveryTakeoverAndReachTheParticipants")},
		},
	}
}

const settleFile = "eventstore/internal/lease/settle.go"

func leaseMutants() []mutant {
	return []mutant{
		{
			name:   "an owner that is gone keeps its shards",
			harm:   "The sagas of a process that was killed wait for ever.",
			edits:  []edit{{settleFile, "		case now.Before(m.Until):\n", "		default:\n"}},
			caught: []check{by(sagas, "TestTheSagasOfAProcessThatDiesAreTakenOverWithinTwoLeaseTimes")},
		},
		{
			name:   "leases that have lapsed are relied on",
			harm:   "A process that cannot reach the store drives on sagas that others have taken over.",
			edits:  []edit{{tenureFile, "	t.until = g.until\n", "	t.until = g.until.Add(s.o.cfg.LeaseTTL)\n"}},
			caught: []check{by(sagas, "TestAnOrchestratorThatCannotRenewLetsGoOfEverythingInTime")},
		},
		{
			name: "leases by the clock of the worker",
			harm: "A clock that is put back by an hour lets a process rely for an hour on leases that it has lost.",
			edits: []edit{
				{
					tenureFile, "t == nil || t.until.IsZero() || time.Now().Before(t.until) {",
					"t == nil || t.until.IsZero() || s.o.cfg.Clock().Before(t.until) {",
				},
				{tenureFile, "max(time.Until(at), 0)", "max(at.Sub(s.o.cfg.Clock()), 0)"},
			},
			caught: []check{by(sagas, "TestALeaseIsMeasuredByItsLengthWhateverTheClockSays")},
		},
		{
			name:   "a lease is reckoned from the answer",
			harm:   "Whoever has a slow connection drives sagas beyond its lease.",
			edits:  []edit{{"saga/leases.go", "until: sent.Add(l.base.TTL)}", "until: time.Now().Add(l.base.TTL)}"}},
			caught: []check{by(sagas, "TestALeaseLastsFromWhenItWasAskedFor")},
		},
		{
			name:   "a stop keeps the leases",
			harm:   "After every deployment sagas stand still until the leases of the old processes lapse.",
			edits:  []edit{{"saga/leases.go", "request.Leave = true", "request.Leave = false"}},
			caught: []check{by(sagas, "TestAProcessThatStopsHandsItsSagasOverAtOnce")},
		},
		{
			name:   "a renewal that hangs is waited for until the leases have lapsed",
			harm:   "One lost packet, and a process lets go of everything.",
			edits:  []edit{{"saga/leases.go", "			patience = l.base.TTL / renewals\n", "			patience = l.base.TTL\n"}},
			caught: []check{by(sagas, "TestARenewalThatGetsNoAnswerIsFollowedByAnotherInTime")},
		},
		{
			name: "a shard that was returned is returned again, under whatever token",
			harm: "What has been granted anew is taken away with the next renewal, without end.",
			edits: []edit{
				{"saga/leases.go", "			return slices.Contains(returned, lease)\n", "			return len(returned) > 0 && lease.Token == 0\n"},
				{
					"eventstore/internal/lease/settle.go", "!slices.Contains(returned, l)",
					"!slices.ContainsFunc(returned, func(r eventstore.ShardLease) bool { return r.Shard == l.Shard })",
				},
			},
			caught: []check{by(sagas, "TestAShardThatComesBackIsKept")},
		},
	}
}
