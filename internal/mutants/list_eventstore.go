package main

// eventstoreMutants are defects of the contract's own code and of the reference store.
func eventstoreMutants() []mutant {
	const memory = "eventstore/memory"
	return []mutant{
		{
			name:  "no expected revision, in memory",
			harm:  "Users' tests pass although their writers overwrite each other's decisions.",
			edits: []edit{{"eventstore/memory/append.go", "return current == revision", "return current >= -1 || revision >= 0"}},
			caught: []check{
				by(memory, "TestConformance/expected_revision/Exactly_behind_the_stream_is_a_conflict"),
				by(memory, "TestConformance/concurrent_writers/of_many_writers_at_one_revision_exactly_one_wins"),
			},
		},
		{
			name: "the upcaster is skipped",
			harm: "Events of an older program are read as if they were new: fields that were renamed come out empty.",
			edits: []edit{{
				"eventstore/codec.go", "for ; schema < c.schema(); schema++ {", "for ; schema < c.schema()-1; schema++ {",
			}},
			caught: []check{by("eventstore", "TestOlderEventsAreUpcast")},
		},
		{
			name: "an event of a newer program is read all the same",
			harm: "An old program that was started by mistake decides on half of what an event says.",
			edits: []edit{{
				"eventstore/registry.go", "if schema > newest {", "if schema > newest+1_000 {",
			}},
			caught: []check{by("eventstore", "TestOlderEventsAreUpcast")},
		},
		{
			name: "leases are written whatever came between, in EventStoreDB",
			harm: "Two processes that renew at the same moment both hold every shard, and each step is attempted twice.",
			edits: []edit{{
				"eventstore/esdb/lease.go", "eventstore.Exactly(revision), properties)", "eventstore.Any, properties); _ = revision",
			}},
			caught: []check{by("eventstore/esdb", "TestStoresOnOneServerKnowOfEachOther/leaser/"+manyOwners)},
		},
		{
			name: "leases in a file that was deleted",
			harm: "A process that has the old file open and one that has made a new one both hold every shard.",
			edits: []edit{{
				"eventstore/sqlite/lease.go", "err == nil && os.SameFile(now, l.file) {", "err != nil || os.SameFile(now, l.file) || now != nil {",
			}},
			caught: []check{by("eventstore/sqlite", "TestLeasesThatWereDeletedAreGrantedAnewAndToEveryoneFromTheNewFile")},
		},
	}
}

// manyOwners is the case of the suite in which owners race.
const manyOwners = "of_many_owners_at_once_no_two_hold_a_shard,_and_no_token_is_granted_twice"
