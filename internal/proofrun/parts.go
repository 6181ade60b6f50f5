package main

import (
	"cmp"
	"slices"
	"time"
)

// parts lists the campaigns, those that keep every processor busy first, then the others beside each other, the longest
// first.
func parts() []part {
	all := slices.Concat(sagaParts(), storeParts(), wideParts(), callerParts(), sharingParts())
	slices.SortStableFunc(all, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.alone(), a.alone()), cmp.Compare(b.limit[full], a.limit[full]))
	})
	return all
}

func goTest(pkg, run string) []string {
	return []string{"go", "test", pkg, "-run", run, "-count", "1", "-vet", "off", "-timeout", "0"}
}

func within(small, full, night time.Duration) map[size]time.Duration {
	return map[size]time.Duration{"small": small, "proof": full, "night": night}
}

func sagaParts() []part {
	return []part{
		{
			name: "simulation", title: "Simulated sagas",
			says: "The shipped engine, instance and repository run from a heap of events, by a seed: up to three orchestrators on one\n" +
				"log, every call of the store a moment at which others go on, faults at rates of each seed's own; in seven seeds of\n" +
				"eight nothing more goes wrong after so many of them, from 40 to 80. After each seed the log keeps every rule, the\n" +
				"books balance, and every saga has ended.",
			command: goTest("./saga/sagatest", "^TestSimulation"),
			asks:    asks("SEEDS", 3_000, 200_000, 2_000_000),
			floors:  []floor{{figure: "seeds with 40 faults or more", asked: "SEEDS"}, {figure: "compensated", least: 1}, {figure: "migrated", least: 1}},
			limit:   within(3*time.Minute, 15*time.Minute, 4*time.Hour), processors: 2,
		},
		{
			name: "exploration", title: "Every failure at every point of the order saga, and every two of them",
			says: "The order saga runs once for every kind of failure at every attempt of every action and compensation and a crash\n" +
				"before and after every append, and once for every two of those.",
			command: goTest("./examples/order-fulfillment/order", "^TestExplore"),
			asks:    asks("PAIRS", 0, 1, 1),
			floors:  []floor{{figure: "runs", least: 100}, {figure: "compensated", least: 1}},
			limit:   within(2*time.Minute, 5*time.Minute, 5*time.Minute), processors: 1,
		},
		modelCheck(),
		{
			name: "shells", title: "One behaviour in both shells",
			says:    "The same scenarios run through the simulator and through the real Orchestrator, and have to write the same log.",
			command: goTest("./saga/sagatest", "^TestBothShells"),
			asks:    larger("SHELLS", 1, 1),
			floors:  []floor{{figure: "scenarios", least: 24}},
			limit:   within(2*time.Minute, 5*time.Minute, 5*time.Minute), processors: 1,
		},
		{
			name: "mutants", title: "Deliberate defects",
			says:    "Each one is patched into a copy of the tree, and has to be noticed by a test.",
			command: []string{"go", "run", "./internal/mutants"},
			asks:    map[size]map[string]int{full: {}, night: {}},
			floors:  []floor{{figure: "mutants", least: 25}, {figure: "killed", least: 25}},
			limit:   within(0, 20*time.Minute, 20*time.Minute), processors: 1,
		},
	}
}

func modelCheck() part {
	return part{
		name: "model-check", title: "Every state of small sagas",
		says: "All that two orchestrators, lost and repeated outcomes and a crash each can do to sagas of up to three steps,\n" +
			"breadth first over the real Decide and Evolve, to the last state: sequences, and small sagas with parallel groups,\n" +
			"waits for signals, deadlines, probes and children, cancelled and paused at every point; resolved, skipped, given\n" +
			"other deadlines and retry policies, and migrated to a next version by operators.",
		command: goTest("./internal/modelcheck", "^Test"),
		asks:    asks("MODEL_STEPS", 2, 3, 3),
		floors: []floor{
			{figure: "states", least: 1_000}, {figure: "terminal states that wait for a signal", least: 1},
			{figure: "states with parallel groups", least: 5_000}, {figure: "states with waits for signals", least: 5_000},
			{figure: "states with deadlines", least: 5_000}, {figure: "states with cancellations", least: 5_000},
			{figure: "states with pauses", least: 1_000}, {figure: "states with probes", least: 5_000},
			{figure: "states with resolutions", least: 1_000}, {figure: "states with skips", least: 1_000},
			{figure: "states with extended deadlines", least: 500}, {figure: "states with changed policies", least: 1_000},
			{figure: "states with children", least: 5_000}, {figure: "states with resolved children", least: 500},
			{figure: "states with migrations", least: 10_000}, {figure: "states of migrated sagas", least: 5_000},
			{figure: "states with a version that is not known to all", least: 1_000},
			{figure: "logs that cannot be migrated", least: 50},
		},
		limit: within(2*time.Minute, 12*time.Minute, 30*time.Minute), processors: 2,
	}
}

func storeParts() []part {
	return []part{
		{
			name: "power-cuts", title: "Power cuts",
			says: "The shipped schema, statements and pragmas over a file system that cuts, drops and tears what was not synced.\n" +
				"Every acknowledged append is there, byte for byte; every batch whole or absent. With synchronous=NORMAL, a sync that is\n" +
				"ignored, or a batch in two transactions, it fails.",
			command: goTest("./eventstore/sqlite", "^TestPowerCuts"),
			asks:    asks("CUTS", 500, 20_000, 200_000),
			floors:  []floor{{figure: "cuts", asked: "CUTS"}},
			limit:   within(2*time.Minute, 10*time.Minute, 90*time.Minute), processors: 2,
		},
		{
			name: "io-errors", title: "Input and output errors, full disks",
			says: "Each call that the store makes to its file system fails in turn, once or from then on. Nothing acknowledged is lost,\n" +
				"no answer is wrong, a full disk stops nothing for good, a failed sync everything.",
			command: goTest("./eventstore/sqlite", "^TestInputAndOutputErrors"),
			asks:    asks("IO_ERRORS", 400, 1_000_000, 1_000_000),
			floors:  []floor{{figure: "runs", least: 250}, {figure: "batches refused", least: 1}},
			limit:   within(2*time.Minute, 10*time.Minute, 10*time.Minute), processors: 2,
		},
		{
			name: "damaged-files", title: "Damaged files",
			says:    "Flipped bits, cut, swapped and old pages, a missing WAL, rows edited by hand: the answer is right, or a named error.",
			command: goTest("./eventstore/sqlite", "^TestDamagedFiles"),
			asks:    asks("DAMAGED", 300, 5_000, 100_000),
			floors:  []floor{{figure: "files", asked: "DAMAGED"}},
			limit:   within(2*time.Minute, 10*time.Minute, 90*time.Minute), processors: 2,
		},
		{
			name: shuffles, title: "The suite of the stores in other orders",
			says: "Every case of the suite that each store passes, on all four of them, each run in an order of its own: none passes\n" +
				"because of what another one left behind. A run is repeated with SKALD_SEED and -shuffle.",
			command: []string{
				"go", "test", "./eventstore/memory", "./eventstore/sqlite", "./eventstore/postgres", "./eventstore/esdb",
				"-run", "Conformance", "-shuffle", "on", "-v", "-vet", "off", "-timeout", "0",
			},
			asks:   larger("SHUFFLES", 5, 200),
			floors: []floor{{figure: "stores", least: 4}, {figure: "runs", least: 20}, {figure: "cases passed", least: 2_500}},
			limit:  within(0, 12*time.Minute, time.Hour), processors: 1,
		},
		{
			name: "kills", title: "kill -9 of the real process",
			says: "`projector dev` under load is killed at random moments and started again. No acknowledged start is lost, the books\n" +
				"of the services balance, the read model is the fold of the log, which keeps every rule.",
			command: goTest("./cmd/projector", "^TestADevKilledAtAnyMomentLosesNoStartAndEndsEverySaga$"),
			asks:    larger("KILLS", 300, 10_000),
			floors:  []floor{{figure: "kills", asked: "KILLS"}, {figure: "compensated", least: 1}},
			limit:   within(5*time.Minute, 20*time.Minute, 6*time.Hour), processors: 0.5,
		},
	}
}

// wideParts go through all packages.
func wideParts() []part {
	return []part{
		{
			name: properties, title: "Properties",
			says: "What holds for every case is checked for cases that are drawn, each of them a store, a history, a definition or\n" +
				"a run of faults of its own: every property of the repository in turn.",
			command: []string{"go", "test", "./...", "-run", "every test that draws cases", "-rapid.checks", "as many as asked"},
			asks:    larger("CHECKS", 100, 20_000),
			floors:  []floor{{figure: "properties", least: 30}, {figure: "checks", least: 3_000}},
			limit:   within(5*time.Minute, 12*time.Minute, 4*time.Hour), processors: 1,
		},
		{
			name: fuzzing, title: "Fuzzing",
			says:    "Every fuzz target of the repository in turn, from its corpus on.",
			command: []string{"go", "test", "./...", "-run", "^$", "-fuzz", "one target at a time", "-fuzztime", "as long as asked"},
			asks:    larger("SECONDS", 2, 600),
			floors:  []floor{{figure: "targets", least: 22}, {figure: "executions", least: 10_000}},
			limit:   within(2*time.Minute, 5*time.Minute, 20*time.Minute), processors: 1,
		},
	}
}

func callerParts() []part {
	return []part{
		{
			name: "linearizability", title: "Linearizability",
			says: "8 to 16 callers append under exact expectations, repeat and read, over two stores on one log, while contexts end,\n" +
				"stores are closed, sessions are terminated and the server is killed: half of the histories in SQLite, half in\n" +
				"PostgreSQL. For each there is an order of the calls that explains every answer.",
			command: goTest("./internal/linear", "^TestLinearizability$"),
			asks:    asks("HISTORIES", 6, 60, 2_000),
			floors:  []floor{{figure: "histories", asked: "HISTORIES"}, {figure: "calls a second", least: 100}, {figure: "unknown", least: 1}},
			limit:   within(2*time.Minute, 10*time.Minute, 4*time.Hour), processors: 1,
		},
		{
			name: "cut-connections", title: "Connections cut at any byte",
			says: "Connections to PostgreSQL are closed, reset, half-closed, stalled and delayed after every so many bytes of an append,\n" +
				"both ways. What is acknowledged is stored, what is refused is not, and a repeat stores it once.",
			command: goTest("./eventstore/postgres", "^TestConnectionsCutAtAnyByte$"),
			asks:    larger("CUT_BYTES", 2, 1),
			floors:  []floor{{figure: "cuts", least: 100}, {figure: "unknown applied", least: 1}, {figure: "unavailable", least: 1}},
			limit:   within(2*time.Minute, 20*time.Minute, 20*time.Minute), processors: 0.5,
		},
	}
}

func sharingParts() []part {
	return []part{
		{
			name: "replicas", title: "Processes that share a log, killed and frozen",
			says: "Groups of three processes share the sagas of a log in PostgreSQL by leases of a second. They are killed, or frozen for\n" +
				"half a lease to five leases and let go on. No acknowledged start is lost, no effect happens twice, the books of the\n" +
				"participants balance, the log keeps every rule, and a takeover takes two leases and a second at most.",
			command: goTest("./internal/replicas", "^TestProcessesThatAreKilledAndFrozen"),
			asks:    larger("EPISODES", 200, 3_000),
			floors: []floor{
				{figure: "freezes", asked: "EPISODES"}, {figure: "freezes beyond a lease", least: 100},
				{figure: "kills that hit attempts", least: 50}, {figure: "requests under an outdated token", least: 1},
				{figure: "takeovers", least: 200}, {figure: "compensated", least: 200},
			},
			limit: within(3*time.Minute, 15*time.Minute, 3*time.Hour), processors: 0.5,
		},
		{
			name: "server-stops", title: "Processes that share a log, and a server that stops",
			says: "PostgreSQL is stopped at once and started again, each time with a process killed shortly before or after. The same\n" +
				"holds at the end.",
			command: goTest("./internal/replicas", "^TestTheServerStopsAtOnce"),
			asks:    larger("PGSTOPS", 50, 1_000),
			floors:  []floor{{figure: "stops of the server", asked: "PGSTOPS"}, {figure: "takeovers", least: 25}},
			limit:   within(3*time.Minute, 15*time.Minute, 3*time.Hour), processors: 0.5,
		},
	}
}

// larger leaves out of the small proof what every plain run of the tests does already in its small form.
func larger(name string, proof, night int) map[size]map[string]int {
	return map[size]map[string]int{"proof": {name: proof}, "night": {name: night}}
}

func asks(name string, small, proof, night int) map[size]map[string]int {
	return map[size]map[string]int{"small": {name: small}, "proof": {name: proof}, "night": {name: night}}
}
