package sqlite

import (
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
)

const (
	// checkpointFrames is how much the WAL grows, in pages, before its content is moved into the database.
	checkpointFrames = 1_000
	// truncateFrames is how long the WAL may get when some reader is always in the way of starting it anew. Then the
	// readers of this store pause for a moment.
	truncateFrames = 16_384
	// truncatePatience is how long the writer waits for readers of other processes at that moment.
	truncatePatience = 50 * time.Millisecond
)

// checkpointer keeps the WAL short. The writer does it itself, after the callers have their answers, because SQLite's
// automatic checkpoint hides its errors: after a failed sync a second attempt would seem to succeed.
type checkpointer struct {
	conn    *sqlite.Conn
	readers *pool
	look    *sqlite.Stmt
	passive *sqlite.Stmt
	seen    int64 // length of the WAL at the last checkpoint
}

func newCheckpointer(conn *sqlite.Conn, readers *pool) (*checkpointer, error) {
	c := &checkpointer{conn: conn, readers: readers}
	err := prepareAll(conn, map[string]**sqlite.Stmt{sqlCheckpointLook: &c.look, sqlCheckpointPassive: &c.passive})
	return c, err
}

// tend checkpoints when it is due. Only a failed sync is an error. Whatever else keeps a checkpoint from being finished,
// a full disk or others who read, leaves the WAL as it is, and it is tried again when the WAL has grown.
func (c *checkpointer) tend() error {
	frames, err := c.step(c.look)
	if err != nil {
		return err
	}
	if frames < c.seen {
		c.seen = 0
	}
	if frames-c.seen < checkpointFrames {
		return nil
	}
	c.seen = frames
	if frames, err = c.step(c.passive); err != nil || frames < truncateFrames {
		return err
	}
	return c.readers.paused(func() error {
		c.conn.SetBusyTimeout(truncatePatience)
		defer c.conn.SetBusyTimeout(0)
		_, err := query(c.conn, sqlCheckpointTruncate)
		return failedSync(err)
	})
}

// step runs a checkpoint statement and returns the length of the WAL.
func (c *checkpointer) step(stmt *sqlite.Stmt) (frames int64, err error) {
	if _, err = stmt.Step(); err == nil {
		frames = stmt.ColumnInt64(1)
		err = stmt.Reset()
	}
	return frames, failedSync(err)
}

func failedSync(err error) error {
	if isFailedSync(err) {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}
