package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

const (
	checkpointTable = "projection_checkpoint"
	quarantineTable = "projection_quarantine"
	runnerTable     = "projection_runner"

	slotLive    = "live"
	slotRebuild = "rebuild"
)

const createCheckpoint = `CREATE TABLE IF NOT EXISTS projection_checkpoint (
	projection     TEXT   NOT NULL,
	slot           TEXT   NOT NULL,
	version        BIGINT NOT NULL,
	log_id         TEXT   NOT NULL,
	position       TEXT   NOT NULL,
	events_applied BIGINT NOT NULL,
	state          TEXT   NOT NULL,
	caught_up_at   BIGINT NOT NULL,
	updated_at     BIGINT NOT NULL,
	holder         TEXT   NOT NULL,
	token          TEXT   NOT NULL,
	generation     BIGINT NOT NULL,
	last_error     TEXT   NOT NULL,
	table_names    TEXT   NOT NULL,
	view_names     TEXT   NOT NULL,
	PRIMARY KEY (projection, slot))`

const createQuarantine = `CREATE TABLE IF NOT EXISTS projection_quarantine (
	projection TEXT   NOT NULL,
	slot       TEXT   NOT NULL,
	stream     TEXT   NOT NULL,
	revision   BIGINT NOT NULL,
	position   TEXT   NOT NULL,
	event_type TEXT   NOT NULL,
	error      TEXT   NOT NULL,
	skipped    BIGINT NOT NULL,
	since      BIGINT NOT NULL,
	PRIMARY KEY (projection, slot, stream))`

// checkpoint is a row of projection_checkpoint.
type checkpoint struct {
	slot          string
	version       int
	logID         string
	position      eventstore.Position
	eventsApplied int64
	state         State
	caughtUpAt    time.Time
	updatedAt     time.Time
	holder        string
	// token is drawn anew by whoever becomes the writer: a flush under another token changes nothing.
	token string
	// generation counts the times that the tables changed other than by the writer.
	generation int64
	lastError  string
	tables     string
	views      string
	// quarantined counts the streams set aside.
	quarantined int
}

// Querier is a *sql.DB, *sql.Tx or *sql.Conn.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (p *Projector) createSchema(ctx context.Context, tx *sql.Tx) error {
	if err := p.cfg.Dialect.lockSchema(ctx, tx); err != nil {
		return err
	}
	return errors.Join(exec(ctx, tx, createCheckpoint), exec(ctx, tx, createQuarantine), exec(ctx, tx, createRunner))
}

// readCheckpoints returns the live row and the row of a rebuild, nil where there is none.
func readCheckpoints(ctx context.Context, q Querier, projection string) (live, rebuild *checkpoint, err error) {
	rows, err := q.QueryContext(ctx, `SELECT slot, version, log_id, position, events_applied, state, caught_up_at,
		updated_at, holder, token, generation, last_error, table_names, view_names,
		(SELECT count(*) FROM projection_quarantine q WHERE q.projection = c.projection AND q.slot = c.slot)
		FROM projection_checkpoint c WHERE projection = $1`, projection)
	if err != nil {
		return nil, nil, fmt.Errorf("read the checkpoint: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c checkpoint
		var position string
		var caughtUp, updated int64
		if err := rows.Scan(&c.slot, &c.version, &c.logID, &position, &c.eventsApplied, &c.state, &caughtUp, &updated,
			&c.holder, &c.token, &c.generation, &c.lastError, &c.tables, &c.views, &c.quarantined); err != nil {
			return nil, nil, fmt.Errorf("read the checkpoint: %w", err)
		}
		if err := c.position.UnmarshalText([]byte(position)); err != nil {
			return nil, nil, fmt.Errorf("read the checkpoint: %w", err)
		}
		c.caughtUpAt, c.updatedAt = fromMillis(caughtUp), fromMillis(updated)
		if c.slot == slotRebuild {
			rebuild = &c
		} else {
			live = &c
		}
	}
	return live, rebuild, rows.Err()
}

func insertCheckpoint(ctx context.Context, tx *sql.Tx, projection string, c checkpoint) error {
	return exec(ctx, tx, `INSERT INTO projection_checkpoint (projection, slot, version, log_id, position, events_applied,
		state, caught_up_at, updated_at, holder, token, generation, last_error, table_names, view_names)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		projection, c.slot, c.version, c.logID, c.position.String(), c.eventsApplied, string(c.state),
		millis(c.caughtUpAt), millis(c.updatedAt), c.holder, c.token, c.generation, c.lastError, c.tables, c.views)
}

// discard removes what a rebuild left: its tables, its row, its quarantine.
func discard(ctx context.Context, tx *sql.Tx, projection string, rebuild *checkpoint) error {
	if rebuild == nil {
		return nil
	}
	if err := dropAll(ctx, tx, "TABLE", rebuild.tables); err != nil {
		return err
	}
	return errors.Join(
		forgetRunner(ctx, tx, projection, rebuild.token),
		exec(ctx, tx, `DELETE FROM projection_quarantine WHERE projection = $1 AND slot = $2`, projection, slotRebuild),
		exec(ctx, tx, `DELETE FROM projection_checkpoint WHERE projection = $1 AND slot = $2`, projection, slotRebuild))
}

// inTx commits what do has done when it returns nil, and rolls it back otherwise, also when do panics.
func (p *Projector) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := p.cfg.DB.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	defer tx.Rollback()
	if err := p.cfg.Dialect.lock(ctx, tx, p.spec.Name); err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
