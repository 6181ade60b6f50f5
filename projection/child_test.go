package projection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	ossignal "os/signal"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/projection"
)

// childVariable tells the test binary to be a projector, and which one.
const childVariable = "SKALD_TEST_PROJECTOR"

// childSpec is a projector that runs as a process of its own.
type childSpec struct {
	Log    string // the path of its log
	Place  place
	Holder string
}

// beChild runs the ledger until the process is told to end.
func beChild(text string) int {
	var spec childSpec
	err := json.Unmarshal([]byte(text), &spec)
	if err == nil {
		err = runChild(spec)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, spec.Holder, "ended:", err)
		return 1
	}
	return 0
}

func runChild(spec childSpec) (err error) {
	ctx, stop := ossignal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	store, err := sqlite.Open(ctx, sqlite.Config{Path: spec.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	db, err := spec.Place.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := projection.New(projection.Config{
		Store: store, DB: db.Write, Dialect: spec.Place.Dialect, Projection: ledger{}, BatchSize: 7, Holder: spec.Holder,
	})
	if err != nil {
		return err
	}
	return p.Run(ctx)
}

// child is the process of a projector. It does not outlive the test.
type child struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}
}

func (f *fixture) startChild(at place, log, holder string) *child {
	f.t.Helper()
	spec, err := json.Marshal(childSpec{log, at, holder})
	require.NoError(f.t, err)
	self, err := os.Executable()
	require.NoError(f.t, err)
	c := &child{t: f.t, cmd: exec.Command(self), done: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), childVariable+"="+string(spec))
	c.cmd.Stdout, c.cmd.Stderr = os.Stdout, os.Stderr
	require.NoError(f.t, c.cmd.Start())
	go func() {
		defer close(c.done)
		_ = c.cmd.Wait() // how it ends is what the test brings about
	}()
	f.t.Cleanup(sync.OnceFunc(func() {
		_ = c.cmd.Process.Kill()
		<-c.done
	}))
	return c
}

func (c *child) signal(s syscall.Signal) {
	c.t.Helper()
	select {
	case <-c.done:
		require.FailNow(c.t, "the projector has ended by itself", "%v", c.cmd.ProcessState)
	default:
	}
	require.NoError(c.t, c.cmd.Process.Signal(s))
}

// kill ends the process so that it has no say in it.
func (c *child) kill() {
	c.t.Helper()
	c.signal(syscall.SIGKILL)
	<-c.done
}
