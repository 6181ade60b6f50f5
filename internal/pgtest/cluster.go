package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Cluster is a PostgreSQL server with data of its own. Its methods are not safe for concurrent use.
type Cluster struct {
	dir  string // holds the data, the socket and the log of the server
	bin  string
	port int
}

// New makes a cluster in a new temporary directory and starts it. Its superuser is named skald and logs in without a
// password, from this machine only. settings go into postgresql.conf, as "name = value".
func New(ctx context.Context, settings ...string) (_ *Cluster, err error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "skald-pg-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for PostgreSQL: %w", err)
	}
	c := &Cluster{dir: dir, bin: bin}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if err := own(dir); err != nil {
		return nil, err
	}
	if c.port, err = freePort(ctx); err != nil {
		return nil, err
	}
	if err := c.run(ctx, "initdb", "--pgdata", c.data(), "--username", "skald", "--auth", "trust", "--encoding", "UTF8",
		"--locale", "C", "--no-sync"); err != nil {
		return nil, err
	}
	lines := append([]string{
		"port = " + strconv.Itoa(c.port), "listen_addresses = '127.0.0.1'", "unix_socket_directories = '" + dir + "'",
		"max_connections = 500", "max_prepared_transactions = 4",
	}, settings...)
	conf, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("configure PostgreSQL: %w", err)
	}
	_, err = conf.WriteString("\n" + strings.Join(lines, "\n") + "\n")
	if err = errors.Join(err, conf.Close()); err != nil {
		return nil, fmt.Errorf("configure PostgreSQL: %w", err)
	}
	return c, c.Start(ctx)
}

// Start starts the server and returns when it takes connections. After a kill it recovers first.
func (c *Cluster) Start(ctx context.Context) error {
	return c.run(ctx, "pg_ctl", "--pgdata", c.data(), "--log", filepath.Join(c.dir, "server.log"), "--wait", "--silent", "start")
}

// Stop stops the server in good order: connections are ended, everything is written.
func (c *Cluster) Stop(ctx context.Context) error { return c.stop(ctx, "fast") }

// Kill stops the server at once, so that it has to recover from its log when it starts again.
func (c *Cluster) Kill(ctx context.Context) error { return c.stop(ctx, "immediate") }

func (c *Cluster) stop(ctx context.Context, mode string) error {
	return c.run(ctx, "pg_ctl", "--pgdata", c.data(), "--wait", "--silent", "--mode", mode, "stop")
}

// Remove kills the server, if it runs, and removes everything.
func (c *Cluster) Remove(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(c.data(), "postmaster.pid")); err == nil {
		if err := c.Kill(ctx); err != nil {
			return err
		}
	}
	return os.RemoveAll(c.dir)
}

// URL returns how to connect, as a superuser, over TCP.
func (c *Cluster) URL() string {
	u := url.URL{
		Scheme: "postgres", User: url.User("skald"), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)),
		Path: "/postgres", RawQuery: "sslmode=disable",
	}
	return u.String()
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, program), args...) //nolint:gosec // of the installation that was found
	cmd.Dir = c.dir
	// The server lives on with its standard output: a pipe would be waited for.
	out, err := os.CreateTemp("", "skald-pg-out-")
	if err != nil {
		return fmt.Errorf("run %s: %w", program, err)
	}
	defer func() { _ = errors.Join(out.Close(), os.Remove(out.Name())) }()
	cmd.Stdout, cmd.Stderr = out, out
	if err := unprivileged(cmd); err != nil {
		return err
	}
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		logged, _ := os.ReadFile(filepath.Join(c.dir, "server.log"))
		return fmt.Errorf("run %s: %w: %s%s", program, err, said, logged[max(0, len(logged)-2000):])
	}
	return nil
}

// programs finds the directory of the server's programs.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb", "/opt/homebrew/opt/postgresql*/bin/initdb",
		"/usr/local/opt/postgresql*/bin/initdb", "/usr/local/pgsql/bin/initdb",
	} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return filepath.Dir(found[len(found)-1]), nil
		}
	}
	return "", errors.New("these tests need PostgreSQL, and its server programs were not found: install them, " +
		"for instance by: apt-get install postgresql; or name a running server in " + Variable)
}

func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // the address of a TCP listener
	return port, l.Close()
}
