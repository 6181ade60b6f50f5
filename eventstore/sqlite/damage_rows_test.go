package sqlite_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/checksum"
)

// rowDamages are done by somebody with the sqlite3 shell, who drops the triggers first.
func rowDamages() []damage {
	return []damage{
		{kind: "a field of an event edited", do: edited(fieldEdit)},
		{kind: "an event given to another stream", do: edited(gift), byLog: true},
		{kind: "an event deleted", do: edited(deletion)},
		{kind: "an event added", do: edited(addition)},
		{kind: "two events exchanged", do: edited(exchangeOfEvents)},
		{kind: "a stream renamed", do: edited(renaming), byLog: true},
		{kind: "streams edited", do: edited(streamEdit)},
		{kind: "the id of the log edited", do: edited(idEdit)},
	}
}

// forgeries are done by somebody who computes every checksum and every hash anew, and deletes the mark.
func forgeries() []damage {
	return []damage{
		{kind: "forged: the end of the log cut off", sealed: true, do: forged(withoutEnd)},
		{kind: "forged: the end of a stream cut off", sealed: true, do: forged(withoutStreamEnd)},
		{kind: "forged: a stream removed", sealed: true, do: forged(withoutStream)},
		{kind: "forged: an event changed and the chain computed anew", sealed: true, do: forged(withChange)},
		{kind: "forged: an event put into a stream", sealed: true, do: forged(withInsertion)},
		{kind: "forged: two events exchanged", sealed: true, do: forged(withExchange)},
		{kind: "everything rolled back", sealed: true, do: rolledBack},
	}
}

func fieldEdit(l *writtenLog, rng *rand.Rand) []string {
	edits := []string{
		"position = position + 1000", "stream_no = stream_no + 1000", "revision = revision + 1000",
		"id = zeroblob(16)", "type = type || 'x'", "data = CAST('{}' AS BLOB)", "data = CAST(data || 'x' AS BLOB)",
		"metadata = CAST('{\"actor\":\"me\"}' AS BLOB)", "created = created - 1", "checksum = checksum + 1",
	}
	return []string{fmt.Sprintf("UPDATE events SET %s WHERE position = %d", edits[rng.IntN(len(edits))], anyPosition(l, rng))}
}

// gift moves an event, together with its entry in the index, behind the end of another stream.
func gift(l *writtenLog, rng *rand.Rand) []string {
	position, to := anyPosition(l, rng), 1+rng.IntN(len(l.names))
	if l.events[position-1].Stream == l.names[to-1] {
		return nil
	}
	return []string{fmt.Sprintf(`UPDATE events SET stream_no = %d, revision = %d WHERE position = %d`,
		to, len(l.streams[l.names[to-1]]), position)}
}

func anyPosition(l *writtenLog, rng *rand.Rand) int { return 1 + rng.IntN(len(l.events)) }

func deletion(l *writtenLog, rng *rand.Rand) []string {
	from := anyPosition(l, rng)
	return []string{fmt.Sprintf("DELETE FROM events WHERE position BETWEEN %d AND %d", from, from+rng.IntN(3))}
}

func addition(l *writtenLog, rng *rand.Rand) []string {
	return []string{fmt.Sprintf(`INSERT INTO events SELECT %d, stream_no, (SELECT max(revision) + 1 FROM events n
		WHERE n.stream_no = e.stream_no), id, type, data, metadata, created, checksum FROM events e WHERE position = %d`,
		len(l.events)+1, anyPosition(l, rng))}
}

func exchangeOfEvents(l *writtenLog, rng *rand.Rand) []string {
	a, b := anyPosition(l, rng), anyPosition(l, rng)
	if a == b {
		return nil
	}
	move := func(from, to int) string {
		return fmt.Sprintf(`UPDATE events SET position = %d WHERE position = %d`, to, from)
	}
	if rng.IntN(2) == 0 {
		return []string{move(a, -1), move(b, a), move(-1, b)}
	}
	return []string{
		"CREATE TEMP TABLE kept AS SELECT * FROM events",
		fmt.Sprintf(`UPDATE events SET (id, type, data, metadata, created, checksum) =
			(SELECT id, type, data, metadata, created, checksum FROM kept WHERE position = %d - events.position)
			WHERE position IN (%d, %d)`, a+b, a, b),
	}
}

func renaming(l *writtenLog, rng *rand.Rand) []string {
	return []string{fmt.Sprintf("UPDATE streams SET name = 'other-1' WHERE stream_no = %d", 1+rng.IntN(len(l.names)))}
}

func streamEdit(l *writtenLog, rng *rand.Rand) []string {
	a, b := 1+rng.IntN(len(l.names)), 1+rng.IntN(len(l.names))
	switch rng.IntN(2) {
	case 0:
		return []string{fmt.Sprintf("DELETE FROM streams WHERE stream_no = %d", a)}
	}
	if a == b {
		return nil
	}
	set := func(streamNo int, name string) string {
		return fmt.Sprintf("UPDATE streams SET name = '%s' WHERE stream_no = %d", name, streamNo)
	}
	return []string{set(a, "kept"), set(b, l.names[a-1]), set(a, l.names[b-1])}
}

func idEdit(l *writtenLog, rng *rand.Rand) []string {
	id := []byte(l.id)
	id[rng.IntN(len(id))] ^= 1
	return []string{fmt.Sprintf("UPDATE log SET id = '%s'", id)}
}

// edited carries statements out on the closed log.
func edited(statements func(*writtenLog, *rand.Rand) []string) func(*writtenLog, *rand.Rand) (files, string) {
	return func(l *writtenLog, rng *rand.Rand) (files, string) {
		wanted := statements(l, rng)
		if wanted == nil {
			return nil, ""
		}
		said := wanted[len(wanted)-1]
		f, err := change(l, func(conn *zombiezen.Conn) error {
			for _, statement := range wanted {
				if err := sqlitex.ExecuteTransient(conn, statement, nil); err != nil {
					return fmt.Errorf("%s: %w", statement, err)
				}
			}
			return nil
		})
		if err != nil {
			panic(err) // a fault of the campaign
		}
		return f, said
	}
}

// change lets f change the database of the closed log, without the triggers that would keep it from that.
func change(l *writtenLog, f func(conn *zombiezen.Conn) error) (_ files, err error) {
	dir, err := os.MkdirTemp("", "edited-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "events.db")
	if err := l.rest.write(path); err != nil {
		return nil, err
	}
	conn, err := zombiezen.OpenConn(path, zombiezen.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	for _, table := range []string{"events", "streams"} {
		for _, what := range []string{"changed", "deleted"} {
			err = errors.Join(err, sqlitex.ExecuteTransient(conn, fmt.Sprintf("DROP TRIGGER %s_are_never_%s", table, what), nil))
		}
	}
	err = errors.Join(err, sqlitex.ExecuteTransient(conn, "DROP TRIGGER log_is_never_changed", nil))
	if err == nil {
		err = f(conn)
	}
	if err = errors.Join(err, conn.Close()); err != nil {
		return nil, err
	}
	return readFiles(path)
}

// forged writes a sound log of other events.
func forged(forge func([]eventstore.RecordedEvent, *rand.Rand) ([]eventstore.RecordedEvent, string),
) func(*writtenLog, *rand.Rand) (files, string) {
	return func(l *writtenLog, rng *rand.Rand) (files, string) {
		events, said := forge(slices.Clone(l.events), rng)
		if said == "" {
			return nil, ""
		}
		f, err := change(l, func(conn *zombiezen.Conn) error { return rewrite(conn, rechained(events)) })
		if err != nil {
			panic(err)
		}
		delete(f, markFile)
		return f, said
	}
}

// rechained gives the events the revisions, positions and hashes that a log has which was written that way.
func rechained(events []eventstore.RecordedEvent) []eventstore.RecordedEvent {
	next, hashes := map[string]int64{}, map[string][32]byte{}
	for i := range events {
		e := &events[i]
		e.Position, e.Revision = eventstore.NewPosition(uint64(i+1), 0), next[e.Stream]
		next[e.Stream]++
		hash, hashed, _ := aggregate.VerifyLink(hashes[e.Stream], *e)
		if hashed {
			const tail = len(`"}`)
			e.Metadata = bytes.Clone(e.Metadata)
			hex.Encode(e.Metadata[len(e.Metadata)-tail-2*len(hash):], hash[:])
		}
		hashes[e.Stream] = hash
	}
	return events
}

// rewrite replaces all that a log holds.
func rewrite(conn *zombiezen.Conn, events []eventstore.RecordedEvent) (err error) {
	defer sqlitex.Save(conn)(&err)
	err = sqlitex.ExecuteScript(conn, "DELETE FROM events; DELETE FROM streams", nil)
	numbers, summer := map[string]int{}, checksum.Summer{}
	for i := range events {
		e := &events[i]
		if numbers[e.Stream] == 0 {
			numbers[e.Stream] = len(numbers) + 1
			err = errors.Join(err, sqlitex.Execute(conn, "INSERT INTO streams VALUES (?, ?)", &sqlitex.ExecOptions{
				Args: []any{numbers[e.Stream], e.Stream},
			}))
		}
		sum := summer.Event(checksum.Stream(e.Stream), int64(i+1), e.Revision, e.RecordedAt.UnixMicro(), &e.ID, e.Type, e.Data,
			e.Metadata)
		err = errors.Join(err, sqlitex.Execute(conn, "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", &sqlitex.ExecOptions{
			Args: []any{i + 1, numbers[e.Stream], e.Revision, e.ID[:], e.Type, blob(e.Data), blob(e.Metadata),
				e.RecordedAt.UnixMicro(), sum},
		}))
	}
	return err
}

// blob is not NULL when it is empty.
func blob(b []byte) []byte { return append([]byte{}, b...) }

func withoutEnd(events []eventstore.RecordedEvent, rng *rand.Rand) ([]eventstore.RecordedEvent, string) {
	n := 1 + rng.IntN(len(events)/2)
	return events[:len(events)-n], fmt.Sprintf("the last %d", n)
}

func withoutStreamEnd(events []eventstore.RecordedEvent, rng *rand.Rand) ([]eventstore.RecordedEvent, string) {
	at := events[rng.IntN(len(events))]
	return slices.DeleteFunc(events, func(e eventstore.RecordedEvent) bool {
		return e.Stream == at.Stream && e.Revision >= at.Revision
	}), fmt.Sprintf("%s from event %d on", at.Stream, at.Revision)
}

func withoutStream(events []eventstore.RecordedEvent, rng *rand.Rand) ([]eventstore.RecordedEvent, string) {
	stream := events[rng.IntN(len(events))].Stream
	return slices.DeleteFunc(events, func(e eventstore.RecordedEvent) bool { return e.Stream == stream }), stream
}

func withChange(events []eventstore.RecordedEvent, rng *rand.Rand) ([]eventstore.RecordedEvent, string) {
	e := &events[rng.IntN(len(events))]
	if len(e.Data) == 0 {
		return nil, ""
	}
	e.Data = bytes.Clone(e.Data)
	return events, fmt.Sprintf("event %d of %s:%s", e.Revision, e.Stream, flipBit(e.Data, rng.IntN(len(e.Data)), rng))
}

func withInsertion(events []eventstore.RecordedEvent, rng *rand.Rand) ([]eventstore.RecordedEvent, string) {
	i := rng.IntN(len(events))
	e := events[i]
	e.ID = newEvent(0).ID
	return slices.Insert(events, i, e), fmt.Sprintf("before event %d of %s", e.Revision, e.Stream)
}

func withExchange(events []eventstore.RecordedEvent, rng *rand.Rand) ([]eventstore.RecordedEvent, string) {
	a, b := rng.IntN(len(events)), rng.IntN(len(events))
	if a == b {
		return nil, ""
	}
	events[a], events[b] = events[b], events[a]
	return events, fmt.Sprintf("positions %d and %d", a+1, b+1)
}

// rolledBack is the whole directory as it was.
func rolledBack(l *writtenLog, rng *rand.Rand) (files, string) {
	if rng.IntN(2) == 0 {
		return l.older.clone(), "to the older copy"
	}
	return l.earlier.clone(), "to the earlier copy"
}
