package sqlite

// Everything that this package says to SQLite, in one place.

const (
	// applicationID marks the file as a log of this package: "SKLD".
	applicationID = 0x534b4c44
	schemaVersion = 1
)

// The schema, version 1. Nothing in it is ever changed or deleted. A stream's revision is that of its last event, found
// through the unique index, so it is stored once and cannot disagree.
const sqlSchema = `
CREATE TABLE log (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	id TEXT NOT NULL,
	created INTEGER NOT NULL
) STRICT;
CREATE TABLE streams (
	stream_no INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE events (
	position INTEGER PRIMARY KEY,
	stream_no INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	id BLOB NOT NULL,
	type TEXT NOT NULL,
	data BLOB NOT NULL,
	metadata BLOB NOT NULL,
	created INTEGER NOT NULL,
	checksum INTEGER NOT NULL,
	UNIQUE (stream_no, revision)
) STRICT;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
	BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
	BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER streams_are_never_changed BEFORE UPDATE ON streams
	BEGIN SELECT RAISE(ABORT, 'streams are never changed'); END;
CREATE TRIGGER streams_are_never_deleted BEFORE DELETE ON streams
	BEGIN SELECT RAISE(ABORT, 'streams are never deleted'); END;
CREATE TRIGGER log_is_never_changed BEFORE UPDATE ON log
	BEGIN SELECT RAISE(ABORT, 'the id of the log is never changed'); END;
CREATE TRIGGER log_is_never_deleted BEFORE DELETE ON log
	BEGIN SELECT RAISE(ABORT, 'the id of the log is never deleted'); END;
PRAGMA application_id = 0x534b4c44;
PRAGMA user_version = 1;
`

const (
	sqlInspect = `SELECT (SELECT application_id FROM pragma_application_id),
	(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema),
	(SELECT auto_vacuum FROM pragma_auto_vacuum)`
	// The entries of both indexes, and what they must number. SQLite counts the smaller of table and index, page by page,
	// which for the events is the index; of the streams it would be the table, were it not for the condition.
	sqlCounts = `SELECT (SELECT count(*) FROM events), (SELECT coalesce(max(position), 0) FROM events),
		(SELECT count(*) FROM streams WHERE name > ''), (SELECT coalesce(max(stream_no), 0) FROM streams),
		(SELECT coalesce(max(stream_no), 0) FROM events)`
	sqlInsertLog = `INSERT INTO log (one, id, created) VALUES (1, ?1, ?2)`
	sqlSelectLog = `SELECT id FROM log`
	sqlTouch     = `PRAGMA user_version = 1` // changes nothing, but only where it is allowed to
)

// Settings. Those of every connection come first.
const (
	sqlSynchronous        = `PRAGMA synchronous = FULL`
	sqlSynchronousIs      = `PRAGMA synchronous`
	synchronousFull       = "2"
	sqlFullFsync          = `PRAGMA fullfsync = ON` // without it a Mac does not sync to the disk
	sqlCheckpointFsync    = `PRAGMA checkpoint_fullfsync = ON`
	sqlTrustNothing       = `PRAGMA trusted_schema = OFF`
	sqlJournalModeIs      = `PRAGMA journal_mode`
	sqlWAL                = `PRAGMA journal_mode = WAL`
	sqlPageSize           = `PRAGMA page_size = 4096`
	sqlQueryOnly          = `PRAGMA query_only = ON`
	sqlMmap               = `PRAGMA mmap_size = 2147418112`
	sqlReaderCache        = `PRAGMA cache_size = -2048`
	sqlWriterCache        = `PRAGMA cache_size = -16384`
	sqlNoAutoCheckpoint   = `PRAGMA wal_autocheckpoint = 0` // the writer does it, where it sees the errors
	sqlCheckpointLook     = `PRAGMA wal_checkpoint(NOOP)`
	sqlCheckpointPassive  = `PRAGMA wal_checkpoint(PASSIVE)`
	sqlCheckpointTruncate = `PRAGMA wal_checkpoint(TRUNCATE)`
)

// Writing. Heads are found by readers as well.
const (
	sqlBegin       = `BEGIN IMMEDIATE`
	sqlCommit      = `COMMIT`
	sqlRollback    = `ROLLBACK`
	sqlDataVersion = `PRAGMA data_version`
	sqlLast        = `SELECT coalesce((SELECT max(position) FROM events), 0),
		coalesce((SELECT max(stream_no) FROM streams), 0)`
	sqlHead = `SELECT stream_no, (SELECT max(revision) FROM events e WHERE e.stream_no = s.stream_no)
		FROM streams s WHERE name = ?1`
	// An entry n of the index, which holds all that is asked of it, does not agree with the row t of the table, or is not
	// found where its name belongs.
	sqlAstray = `n WHERE n.name IS NOT (SELECT t.name FROM streams t WHERE t.stream_no = n.stream_no)
		OR n.stream_no IS NOT (SELECT x.stream_no FROM streams x WHERE x.name = n.name)`
	sqlBeside = `SELECT
		EXISTS (SELECT 1 FROM (SELECT stream_no, name FROM streams WHERE name > ?1 ORDER BY name LIMIT 1) ` + sqlAstray + `
			OR n.name >= (SELECT name FROM streams WHERE name > ?1 ORDER BY name LIMIT 1 OFFSET 1))
		OR EXISTS (SELECT 1 FROM (SELECT stream_no, name FROM streams WHERE name < ?1 ORDER BY name DESC LIMIT 1) ` + sqlAstray + `
			OR n.name <= (SELECT name FROM streams WHERE name < ?1 ORDER BY name DESC LIMIT 1 OFFSET 1))`
	// From the border between two streams on. A condition on the revision as well would leave out an entry that has none.
	sqlNextEntry = `SELECT stream_no, revision FROM events WHERE stream_no >= ?1
		ORDER BY stream_no, revision`
	sqlPreviousEntry = `SELECT stream_no, revision FROM events WHERE stream_no <= ?1
		ORDER BY stream_no DESC, revision DESC`
	sqlLastStream   = `SELECT coalesce(max(stream_no), 0) FROM streams`
	sqlIDs          = `SELECT id, position FROM events WHERE stream_no = ?1 AND revision >= ?2 ORDER BY revision`
	sqlInsertStream = `INSERT INTO streams (stream_no, name) VALUES (?1, ?2)`
	sqlInsertEvents = `INSERT INTO events (position, stream_no, revision, id, type, data, metadata, created, checksum) VALUES `
	sqlEventValues  = `(?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// Reading. There is no LIMIT, the reader just stops: SQLite plans a statement anew each time that its limit is bound, which
// takes a quarter of the time of loading a small stream.
const (
	sqlColumns = `SELECT position, stream_no, revision, id, type, data, metadata, created, checksum FROM events `

	sqlReadForwards  = sqlColumns + `WHERE position > ?1 AND position <= ?2 ORDER BY position`
	sqlReadBackwards = sqlColumns + `WHERE position < ?1 AND position >= ?2 ORDER BY position DESC`

	// A stream and what follows it in the index, which shows that nothing of it is missing at no further cost.
	sqlStreamOnwards = sqlColumns + `WHERE stream_no >= (SELECT stream_no FROM streams WHERE name = ?1)
		ORDER BY stream_no, revision`

	sqlOfStream        = `WHERE stream_no = (SELECT stream_no FROM streams WHERE name = ?3) `
	sqlStreamForwards  = sqlColumns + sqlOfStream + `AND revision > ?1 AND revision <= ?2 ORDER BY revision`
	sqlStreamBackwards = sqlColumns + sqlOfStream + `AND revision < ?1 AND revision >= ?2 ORDER BY revision DESC`

	sqlOneOfStream = sqlColumns + `WHERE stream_no = ?1 AND revision = ?2`

	sqlLastPosition = `SELECT coalesce(max(position), 0) FROM events`
	sqlStreamName   = `SELECT name FROM streams WHERE stream_no = ?1`
)

// Leases, in a database of their own.
const (
	sqlTruncateJournal = `PRAGMA journal_mode = TRUNCATE`
	sqlLeases          = `CREATE TABLE IF NOT EXISTS leases (group_name TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL) STRICT`
	sqlReadLeases      = `SELECT unixepoch('subsec'), (SELECT state FROM leases WHERE group_name = ?1)`
	sqlSetLeases       = `INSERT INTO leases (group_name, state) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET state = excluded.state`
)
