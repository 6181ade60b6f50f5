package projection

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

const (
	// leaseLength is how long a projector counts as alive after its last renewal, by the clock of the database.
	leaseLength = 2 * time.Second
	// leaseRenewal is how often one that has nothing to write renews its lease; a flush renews it as well.
	leaseRenewal = 500 * time.Millisecond
	// standbyLength is the same for one that stands by, on which nothing depends.
	standbyLength = 4 * time.Second
	// forgottenAfter is how long the row of a projector that died may remain.
	forgottenAfter = time.Minute
)

const createRunner = `CREATE TABLE IF NOT EXISTS projection_runner (
	projection  TEXT   NOT NULL,
	id          TEXT   NOT NULL,
	role        TEXT   NOT NULL,
	holder      TEXT   NOT NULL,
	since       BIGINT NOT NULL,
	alive_until BIGINT NOT NULL,
	renewals    BIGINT NOT NULL,
	PRIMARY KEY (projection, id))`

// runner is a row of projection_runner: a projector that runs, or that died within the last while. The id of a writer is
// the token on its checkpoint row.
type runner struct {
	id       string
	role     Role
	holder   string
	since    time.Time
	renewals int64
	left     time.Duration // of its lease, by the clock of the database
}

func (r *runner) alive() bool { return r != nil && r.left > 0 }

// readRunners lists the runners of a projection, those that came first before others. now is the database's time in SQL.
func readRunners(ctx context.Context, q Querier, projection, now string) ([]runner, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, role, holder, since, renewals, alive_until, `+now+`
		FROM projection_runner WHERE projection = $1 ORDER BY since, id`, projection)
	if err != nil {
		return nil, fmt.Errorf("read who runs the projection: %w", err)
	}
	defer rows.Close()
	var list []runner
	for rows.Next() {
		var r runner
		var since, until int64
		var at any
		if err := rows.Scan(&r.id, &r.role, &r.holder, &since, &r.renewals, &until, &at); err != nil {
			return nil, fmt.Errorf("read who runs the projection: %w", err)
		}
		t, err := databaseTime(at)
		if err != nil {
			return nil, err
		}
		r.since, r.left = fromMillis(since), time.UnixMilli(until).Sub(t)
		list = append(list, r)
	}
	return list, rows.Err()
}

func runnerWith(list []runner, id string) *runner {
	for i := range list {
		if list[i].id == id {
			return &list[i]
		}
	}
	return nil
}

// portableNow is the time of either kind of database, to the second in SQLite.
const portableNow = "CURRENT_TIMESTAMP"

// databaseTime understands what now and portableNow are read as.
func databaseTime(v any) (time.Time, error) {
	switch v := v.(type) {
	case int64:
		return time.UnixMilli(v), nil
	case time.Time:
		return v, nil
	case string:
		t, err := time.Parse(time.DateTime, v)
		if err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("read the time of the database: it is %v", v)
}

// execer is a *sql.DB or *sql.Tx.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// renewLease says that this session is alive, and reports false when the checkpoint row is no longer its own.
func (s *session) renewLease(ctx context.Context, db execer) (bool, error) {
	now := s.p.cfg.Dialect.now()
	res, err := db.ExecContext(ctx, `INSERT INTO projection_runner (projection, id, role, holder, since, alive_until, renewals)
		SELECT projection, token, CASE slot WHEN 'live' THEN 'live' ELSE 'rebuilding' END, holder, `+now+`, `+now+` + `+
		milliseconds(leaseLength)+`, 0
		FROM projection_checkpoint WHERE projection = $1 AND slot = $2 AND token = $3 AND generation = $4
		ON CONFLICT (projection, id) DO UPDATE SET alive_until = excluded.alive_until, renewals = projection_runner.renewals + 1`,
		s.p.spec.Name, s.slot, s.token, s.generation)
	if err != nil {
		return false, fmt.Errorf("renew the lease: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("renew the lease: %w", err)
	}
	s.renewedAt = time.Now()
	return n > 0, nil
}

// keepLease renews the lease within a transaction of this session.
func (s *session) keepLease(ctx context.Context, tx *sql.Tx) error {
	mine, err := s.renewLease(ctx, tx)
	if err == nil && !mine {
		return s.lost(ctx, tx)
	}
	return err
}

// stayAlive renews the lease when nothing else has for a while. It does not wait for the writers of a rebuild, and an
// error is for the next flush to meet: what depends on the lease is who writes next, and never what.
func (s *session) stayAlive(ctx context.Context) error {
	if time.Since(s.renewedAt) < leaseRenewal {
		return nil
	}
	mine, err := s.renewLease(ctx, s.p.cfg.DB)
	if err != nil {
		s.p.log.Warn("cannot renew the lease of the read model", "error", err)
		return nil
	}
	if !mine {
		return s.lost(ctx, s.p.cfg.DB)
	}
	return nil
}

// forget removes the rows of others that were live, and of those that died a while ago; standby is this run's own row
// from before it became live.
func (s *session) forget(ctx context.Context, tx *sql.Tx, standby string) error {
	return exec(ctx, tx, `DELETE FROM projection_runner WHERE projection = $1 AND id <> $2 AND
		(role = 'live' OR id = $3 OR alive_until < `+s.p.cfg.Dialect.now()+` - `+milliseconds(forgottenAfter)+`)`,
		s.p.spec.Name, s.token, standby)
}

func forgetRunner(ctx context.Context, tx *sql.Tx, projection, id string) error {
	return exec(ctx, tx, `DELETE FROM projection_runner WHERE projection = $1 AND id = $2`, projection, id)
}

// isOf reports whether a token was drawn by this projector.
func (p *Projector) isOf(token string) bool { return strings.HasPrefix(token, p.id+".") }

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }
