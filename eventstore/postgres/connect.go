package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/skaldgo/skald/eventstore"
)

// idleLimit is how long a session may do nothing within a transaction until the server ends it, so that a process that is
// frozen while it holds the head stops others no longer than that.
const idleLimit = 2 * time.Second

// sessions makes connections to one log.
type sessions struct{ config *pgxpool.Config }

func newSessions(cfg Config) (*sessions, error) {
	config, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("URL: %w: %w", eventstore.ErrInvalid, err)
	}
	if cfg.Readers > 0 {
		config.MaxConns = int32(min(cfg.Readers, 10_000))
	}
	config.AfterConnect = prepareSession
	c := config.ConnConfig
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = cfg.CallTimeout
	}
	set := func(name, value string) { c.RuntimeParams[name] = value }
	set("search_path", cfg.Schema)
	set("idle_in_transaction_session_timeout", strconv.FormatInt(idleLimit.Milliseconds(), 10))
	set("client_min_messages", "warning")
	if c.RuntimeParams["application_name"] == "" {
		set("application_name", "skald")
	}
	return &sessions{config: config}, nil
}

// connect opens a connection that is not of the pool.
func (s *sessions) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, s.config.ConnConfig.Copy())
	if err != nil {
		return nil, err
	}
	if err := prepareSession(ctx, conn); err != nil {
		_ = conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

// prepareSession refuses a server that cannot hold every name, and makes commits durable.
func prepareSession(ctx context.Context, conn *pgx.Conn) error {
	var encoding, sync string
	if err := conn.QueryRow(ctx, sqlEncoding).Scan(&encoding, &sync); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database has encoding %s; make one with encoding UTF8: %w", encoding, eventstore.ErrDenied)
	}
	if sync != "off" {
		return nil
	}
	_, err := conn.Exec(ctx, sqlSyncOn)
	return err
}
