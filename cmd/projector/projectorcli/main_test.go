package projectorcli_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/cmd/projector/projectorcli"
	"github.com/skaldgo/skald/internal/pgtest"
	"github.com/skaldgo/skald/saga"
)

func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"projector": runProjector, "seed": runSeed, "journeys": runSeedJourneys, "family": runSeedFamily})
}

// leakChecked fails the run when a test leaves a goroutine behind.
type leakChecked struct{ m *testing.M }

func (c leakChecked) Run() int {
	code := server.Main(c.m.Run)
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// runProjector is main of a user's own projector: that of the package, with the definition Demo in it.
func runProjector() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	program := projectorcli.Program{Definitions: []saga.AnyDefinition{demoDefinition()}, Version: "v0.0.0-test"}
	os.Exit(program.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// server is the PostgreSQL of this test binary.
var server pgtest.Server

func TestScripts(t *testing.T) { runScripts(t, "script", nil) }

// The same commands on a log in PostgreSQL, $STORE in the scripts, each in a schema of its own.
func TestScriptsOnPostgreSQL(t *testing.T) {
	url, n := server.URL(t), atomic.Int64{} // the scripts run at once
	runScripts(t, "postgres", func(env *testscript.Env) {
		env.Setenv("STORE", fmt.Sprintf("%s&schema=script_%d_%d", url, os.Getpid(), n.Add(1)))
	})
}

func runScripts(t *testing.T, dir string, prepare func(*testscript.Env)) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", dir),
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "", // writes what is printed into the scripts
		Setup: func(env *testscript.Env) error {
			env.Setenv("USER", "ada")
			if prepare != nil {
				prepare(env)
			}
			return nil
		},
		Condition: func(condition string) (bool, error) {
			if condition == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", condition)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"until": until, "exits": exits, "alter": alter, "unchanged": unchanged,
		},
	})
}

// until runs a command again and again until its standard output matches: until REGEXP COMMAND ARG...
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until REGEXP COMMAND [ARG...]")
	}
	wanted := regexp.MustCompile("(?m)" + args[0])
	deadline := time.Now().Add(time.Minute)
	for {
		cmd := exec.Command(args[1], args[2:]...)
		cmd.Dir = ts.MkAbs(".")
		cmd.Env = append(os.Environ(), "PATH="+ts.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if err == nil && wanted.Match(out) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%q never showed %q but at last (%v):\n%s", args[1:], args[0], err, out)
		}
	}
}

// exits checks the exit code of a command: exits CODE COMMAND ARG...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, not %s:\n%s%s", code, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// alter runs a statement on a SQLite file, which is made when it is missing: alter FILE SQL
func alter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: alter FILE SQL")
	}
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(errors.Join(err, db.Close()))
}

// unchanged checks that two files are equal byte for byte.
func unchanged(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unchanged FILE COPY")
	}
	if ts.ReadFile(args[0]) != ts.ReadFile(args[1]) {
		ts.Fatalf("%s is not %s any more", args[0], args[1])
	}
}
