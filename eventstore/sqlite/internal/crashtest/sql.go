package crashtest

import "github.com/skaldgo/skald/eventstore"

// SQL is everything that the shipped store says to SQLite. Each field is named like the constant that belongs into it,
// without its prefix.
type SQL struct {
	// The schema.
	Schema, Inspect, Counts, InsertLog, SelectLog, Touch string

	// Settings.
	Synchronous, SynchronousIs, SynchronousFull, FullFsync, CheckpointFsync, TrustNothing,
	JournalModeIs, WAL, PageSize, QueryOnly, Mmap, ReaderCache, WriterCache, NoAutoCheckpoint string

	// Checkpoints.
	CheckpointLook, CheckpointPassive, CheckpointTruncate string

	// Writing.
	Begin, Commit, Rollback, DataVersion, Last, Head, Beside, PreviousEntry, NextEntry, LastStream,
	IDs, InsertStream, InsertEvents, EventValues string

	// Reading.
	ReadForwards, ReadBackwards, StreamOnwards, StreamForwards, StreamBackwards, OneOfStream, LastPosition, StreamName string
}

// Rules are the decisions of the shipped store that SQL does not say. An error of SQLite comes as its extended result
// code, see Code.
type Rules struct {
	RowCounts []int // sizes of the statements that insert events, largest first

	IsClean      func(code int) bool // whether a commit that failed so surely stored nothing
	IsFailedSync func(code int) bool
	Translate    func(doing string, code int) error // gives it its sentinel of package eventstore

	LogID func(n uint64) string // an id that it takes for one of its own

	Mark   func(logID string, position int64) []byte // what the file beside the log says
	Marked func(line []byte) (logID string, position int64)

	Checksum func(stream string, position, revision, created int64, event *eventstore.EventData) int64
}

// Sabotage makes the store worse than the shipped one, to see that it is noticed. The zero value is none.
type Sabotage struct {
	SplitsAppends      bool // commits in the middle of an append
	TrustsRecovery     bool // does not sync the WAL that it finds
	TrustsFailedSyncs  bool // goes on after a failed sync, with the same connection
	TakesAllForCommits bool // acknowledges whatever the commit says
	KeepsItsCache      bool // does not drop the heads of streams when a batch is rolled back
}

// Config is what a Store is made of.
type Config struct {
	SQL      SQL
	Rules    Rules
	Sabotage Sabotage

	Traced func(statement string) // is told each statement that is executed; nil for no one

	// Passive and Truncating are the lengths of the WAL, in pages, from which it is checkpointed in one way or the other.
	// The shipped store lets it grow longer, which takes too long here.
	Passive, Truncating int64
}
