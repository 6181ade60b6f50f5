package postgres

// The statements of the store. They name no schema: every session has the log's in its search_path.
const (
	sqlBegin  = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`
	sqlCommit = `COMMIT`

	// sqlLockHead makes appends of all processes serial. Under READ COMMITTED it returns the row as it is once the lock is
	// held, and later statements see everything that was committed until then.
	sqlLockHead = `SELECT head, streams FROM log FOR UPDATE`

	sqlFindHeads = `SELECT s.name, s.stream_no, coalesce((
		SELECT e.revision FROM events e WHERE e.stream_no = s.stream_no ORDER BY e.revision DESC LIMIT 1), -1)
		FROM streams s WHERE s.name = ANY($1)`
	sqlFindIDs = `SELECT event_id, position FROM events WHERE stream_no = $1 AND revision >= $2 ORDER BY revision LIMIT $3`

	sqlInsertStreams = `INSERT INTO streams (stream_no, name) SELECT * FROM unnest($1::bigint[], $2::text[])`
	sqlInsertEvents  = `INSERT INTO events (position, stream_no, revision, event_id, type, data, metadata, checksum, recorded_at)
		SELECT u.*, $9::timestamptz FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::bytea[], $7::bytea[], $8::bigint[]) u`
	sqlMoveHead = `UPDATE log SET head = $1, streams = $2`
	sqlNotify   = `SELECT pg_notify($1, '')`

	sqlLogID = `SELECT id FROM log`
	sqlHead  = `SELECT head FROM log`

	sqlColumns = `SELECT e.position, s.name, e.revision, e.event_id, e.type, e.data, e.metadata, e.recorded_at, e.checksum
		FROM events e JOIN streams s USING (stream_no)`
	sqlStreamForwards  = sqlColumns + ` WHERE s.name = $1 AND e.revision >= $2 ORDER BY e.revision LIMIT $3`
	sqlStreamBackwards = sqlColumns + ` WHERE s.name = $1 AND e.revision <= $2 ORDER BY e.revision DESC LIMIT $3`
	sqlStreamExists    = `SELECT EXISTS (SELECT FROM streams WHERE name = $1)`

	sqlMatching = ` AND ($3::text[] IS NULL OR EXISTS (SELECT FROM unnest($3::text[]) p WHERE starts_with(s.name, p)))
		AND ($4::text[] IS NULL OR EXISTS (SELECT FROM unnest($4::text[]) p WHERE starts_with(e.type, p)))`
	sqlLogForwards  = sqlColumns + ` WHERE e.position > $1 AND e.position <= $2` + sqlMatching + ` ORDER BY e.position LIMIT $5`
	sqlLogBackwards = sqlColumns + ` WHERE e.position > $1 AND e.position <= $2` + sqlMatching + ` ORDER BY e.position DESC LIMIT $5`

	// sqlNewGroup waits for a transaction that makes the same group. Under READ COMMITTED sqlLockGroup then sees its row.
	sqlNewGroup  = `INSERT INTO leases (group_name) VALUES ($1) ON CONFLICT DO NOTHING`
	sqlLockGroup = `SELECT state FROM leases WHERE group_name = $1 FOR UPDATE`
	// sqlNow is a statement of its own, since one that waits for a row has read the clock before.
	sqlNow      = `SELECT clock_timestamp()`
	sqlSetGroup = `UPDATE leases SET state = $2 WHERE group_name = $1`

	sqlTryLock       = `SELECT pg_try_advisory_lock($1)`
	sqlTryLockShared = `SELECT pg_try_advisory_lock_shared($1)`
	sqlUnlock        = `SELECT pg_advisory_unlock_all()`
	// sqlHolder finds who has an advisory lock: the name that the session gave itself, which says who and since when.
	sqlHolder = `SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND (l.classid::bigint << 32) | l.objid::bigint = $1 LIMIT 1`

	sqlNameSession = `SELECT set_config('application_name', $1, false)`

	sqlEncoding = `SELECT current_setting('server_encoding'), current_setting('synchronous_commit')`
	sqlSyncOn   = `SET synchronous_commit = on`
)
