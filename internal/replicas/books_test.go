//go:build unix

package replicas_test

import (
	"context"
	"errors"
	"iter"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// An effect twice under one key, and two effective undos of one action, are impossible here: the indexes refuse them.
const sqlMakeBooks = `
CREATE TABLE effects (
	key text PRIMARY KEY, name text NOT NULL, id text NOT NULL, step text NOT NULL, direction smallint NOT NULL,
	kind text NOT NULL, -- done, nothing (an undo without its action), revoked (an action whose undo came first)
	action text NOT NULL, fence bigint NOT NULL, pid bigint NOT NULL);
CREATE UNIQUE INDEX one_undo ON effects (action) WHERE kind = 'done' AND key <> action;
CREATE TABLE refused (key text NOT NULL, kind text NOT NULL, fence bigint NOT NULL, pid bigint NOT NULL);
CREATE TABLE accounts (step text PRIMARY KEY, balance bigint NOT NULL);
`

const (
	sqlEffect = `INSERT INTO effects (key, name, id, step, direction, kind, action, fence, pid) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	sqlRevoke = sqlEffect + ` ON CONFLICT (key) DO NOTHING`
	sqlBook   = `INSERT INTO accounts (step, balance) VALUES ($1, $2)
		ON CONFLICT (step) DO UPDATE SET balance = accounts.balance + excluded.balance`
	sqlUndone  = `UPDATE effects SET kind = 'done' WHERE key = $1`
	sqlKind    = `SELECT kind FROM effects WHERE key = $1`
	sqlRefused = `INSERT INTO refused (key, kind, fence, pid) SELECT key, kind, $2, $3 FROM effects WHERE key = $1 RETURNING kind`
)

// sqlOutdated counts repeats that came with a lower token than what they repeat: from a process that had lost its lease.
const sqlOutdated = `SELECT count(*) FROM refused JOIN effects USING (key) WHERE refused.fence < effects.fence`

const uniqueViolation = "23505"

// The kinds of entry of the books.
const (
	kindDone    = "done"
	kindNothing = "nothing"
	kindRevoked = "revoked"
)

// books are the participants' own. Each request is one transaction.
type books struct{ pool *pgxpool.Pool }

func openBooks(ctx context.Context, p place) (*books, error) {
	config, err := pgxpool.ParseConfig(p.URL)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 6
	config.ConnConfig.RuntimeParams["search_path"] = p.Books
	// One that is frozen within a transaction keeps the others from the accounts no longer than that.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "1000"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &books{pool: pool}, nil
}

// request is what a participant is asked for.
type request struct {
	ref         saga.Ref
	step        string
	direction   saga.Direction
	key, action string
	fence       uint64
}

func (r request) row(key, kind string) []any {
	direction := r.direction
	if key == r.action {
		direction = saga.Action
	}
	return []any{key, r.ref.Name, r.ref.ID, r.step, int16(direction), kind, r.action, int64(r.fence), os.Getpid()}
}

// act books an action once. It returns kindRevoked when the undo has come first.
func (b *books) act(ctx context.Context, r request) (kind string, err error) {
	err = pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlEffect, r.row(r.key, kindDone)...); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sqlBook, r.step, 1)
		return err
	})
	return b.orRepeat(ctx, r, kindDone, err)
}

// undo takes an action back once. An action that has not come yet is refused from then on: kindNothing.
func (b *books) undo(ctx context.Context, r request) (kind string, err error) {
	err = pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
		kind = kindNothing
		if _, err := tx.Exec(ctx, sqlEffect, r.row(r.key, kind)...); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlRevoke, r.row(r.action, kindRevoked)...); err != nil {
			return err
		}
		var action string
		var undone bool
		const query = `SELECT kind, EXISTS (SELECT FROM effects WHERE action = $1 AND key <> $1 AND kind = 'done') FROM effects WHERE key = $1`
		if err := tx.QueryRow(ctx, query, r.action).Scan(&action, &undone); err != nil || action != kindDone || undone {
			return err
		}
		kind = kindDone
		if _, err := tx.Exec(ctx, sqlUndone, r.key); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sqlBook, r.step, -1)
		return err
	})
	return b.orRepeat(ctx, r, kind, err)
}

// orRepeat answers a request that the unique index has refused with what is booked under its key.
func (b *books) orRepeat(ctx context.Context, r request, kind string, err error) (string, error) {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == uniqueViolation {
		err = b.pool.QueryRow(ctx, sqlRefused, r.key, int64(r.fence), os.Getpid()).Scan(&kind)
	}
	return kind, err
}

func (b *books) number(ctx context.Context, query string) (n int64, err error) {
	err = b.pool.QueryRow(ctx, query).Scan(&n)
	return n, err
}

// Effects implements verify.Ledger.
func (b *books) Effects(ctx context.Context) iter.Seq2[verify.Effect, error] {
	return func(yield func(verify.Effect, error) bool) {
		rows, err := b.pool.Query(ctx, `SELECT name, id, step, direction, key, kind FROM effects WHERE kind <> 'revoked'`)
		if err != nil {
			yield(verify.Effect{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var e verify.Effect
			var kind string
			var direction int16
			err := rows.Scan(&e.Saga.Name, &e.Saga.ID, &e.Step, &direction, &e.Key, &kind)
			e.Direction = saga.Direction(direction)
			if kind == kindDone {
				e.Applied = 1
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(verify.Effect{}, err)
		}
	}
}

// Keeps implements verify.Ledger.
func (b *books) Keeps(string, string) bool { return true }

// standing returns how many effects of each saga stand.
func (b *books) standing(ctx context.Context) (map[saga.Ref]int, error) {
	rows, err := b.pool.Query(ctx, `SELECT name, id, sum(CASE WHEN key = action THEN 1 ELSE -1 END) FROM effects
		WHERE kind = 'done' GROUP BY name, id`)
	if err != nil {
		return nil, err
	}
	stand := map[saga.Ref]int{}
	var ref saga.Ref
	var n int
	_, err = pgx.ForEachRow(rows, []any{&ref.Name, &ref.ID, &n}, func() error {
		stand[ref] = n
		return nil
	})
	return stand, err
}

// balances returns what the accounts say, by step.
func (b *books) balances(ctx context.Context) (map[string]int64, error) {
	rows, err := b.pool.Query(ctx, `SELECT step, balance FROM accounts`)
	if err != nil {
		return nil, err
	}
	all := map[string]int64{}
	var step string
	var balance int64
	_, err = pgx.ForEachRow(rows, []any{&step, &balance}, func() error {
		all[step] = balance
		return nil
	})
	return all, err
}
