package main

// sessionMutants are defects of the shell that carries out what the engine asks for.
func sessionMutants() []mutant {
	return []mutant{
		{
			name: "an orchestrator runs without the lock",
			harm: "A second one, started by mistake, interrupts the attempts of the first and runs them again.",
			edits: []edit{{
				"saga/run.go", "if locker, ok := o.cfg.Store.(eventstore.Locker); ok {", "if locker, ok := o.cfg.Store.(eventstore.Locker); ok && ctx.Err() != nil {",
			}},
			caught: []check{by(sagas, "TestRunTwice")},
		},
		{
			name: "an orchestrator that shares its sagas takes no part in the lock",
			harm: "One that was started without leases, by mistake, runs all sagas beside those that share them.",
			edits: []edit{{
				"saga/run.go", "ok := o.cfg.Store.(eventstore.Locker); ok {", "ok := o.cfg.Store.(eventstore.Locker); ok && !o.shares() {",
			}},
			caught: []check{by(sagas, "TestAnOrchestratorThatRunsAloneAndThoseThatShareExcludeEachOther")},
		},
		{
			name: "the timeout of an attempt is reckoned by another clock",
			harm: "On a machine whose clock differs every attempt times out before it begins.",
			edits: []edit{{
				"saga/session_work.go", "ctx, cancel := context.WithTimeout(ctx, min(e.Deadline.Sub(s.o.cfg.Clock()), e.Timeout))", "ctx, cancel := context.WithDeadline(ctx, e.Deadline)",
			}},
			caught: []check{by(sagas, "TestAnAttemptHasItsTimeoutByWhateverClock")},
		},
		{
			name: "one saga that cannot be read stops all others",
			harm: "One damaged stream, and no order is delivered any more.",
			edits: []edit{{
				"saga/restore.go", "if in.Err != nil && !errors.Is(in.Err, ErrSetAside) {", "if in.Err != nil {",
			}},
			caught: []check{by(sagas, "TestG24AnUnreadableStreamSetsThatSagaAsideAndNoOther/an_unknown_type_of_event_found_at_a_restart")},
		},
		{
			name: "a saga that cannot be read is run all the same",
			harm: "What is decided on half of a history is written behind it.",
			edits: []edit{{
				"saga/engine_sagas.go", "case in.Instance.fault != \"\":", "case in.Instance.fault != \"\" && in.Instance.plan == nil:",
			}, {
				"saga/orchestrator.go", "case loaded.Aggregate.fault != \"\":", "case loaded.Aggregate.fault != \"\" && loaded.Aggregate.plan == nil:",
			}, {
				"saga/decide.go", "if in.fault != \"\" {", "if in.fault != \"\" && in.plan == nil {",
			}},
			caught: []check{by(sagas, "TestG24AnUnreadableStreamSetsThatSagaAsideAndNoOther")},
		},
		{
			name: "a stop does not wait for the attempts that run",
			harm: "Every deployment leaves outcomes unknown that would have been known a second later.",
			edits: []edit{{
				"saga/run.go", "patience = time.After(max(s.o.cfg.ShutdownGrace, 0))", "patience = time.After(0)",
			}},
			caught: []check{by(sagas, "TestAStopDuringEveryAction")},
		},
	}
}
