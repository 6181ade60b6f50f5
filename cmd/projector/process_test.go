//go:build unix

package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// readyLine is the last line that dev prints before it starts sagas.
	readyLine = "Ctrl-C stops in good order; started again it goes on with every open saga."
	// startBound is how long dev may take to print it, on a machine that is busy with other tests.
	startBound = 20 * time.Second
	patience   = 2 * time.Minute
)

// dev is a projector that runs as a process of its own, most often a projector dev.
type dev struct {
	cmd            *exec.Cmd
	stdout, stderr *output
	done           chan struct{} // closed when the process has ended
	err            error         // set before that
}

// startDev starts projector dev on a data directory. The process does not outlive the test, and hardly a test program that
// is killed itself.
func startDev(t *testing.T, data string, args ...string) *dev {
	t.Helper()
	return start(t, append([]string{"dev", "--data", data, "--for", "10m"}, args...)...)
}

// start starts a projector. The process does not outlive the test.
func start(t *testing.T, args ...string) *dev {
	t.Helper()
	d := &dev{
		cmd:    exec.Command("projector", args...),
		stdout: newOutput(), stderr: newOutput(), done: make(chan struct{}),
	}
	d.cmd.Stdout, d.cmd.Stderr = d.stdout, d.stderr
	require.NoError(t, d.cmd.Start())
	go func() {
		defer close(d.done)
		d.err = d.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill() // it has ended, unless the test failed
		<-d.done
	})
	return d
}

// awaitReady returns when dev is about to start sagas.
func (d *dev) awaitReady(t *testing.T) {
	t.Helper()
	d.await(t, d.stderr, startBound, "to be ready", func(text string) bool { return strings.Contains(text, readyLine) })
}

// await returns when what dev has printed is enough.
func (d *dev) await(t *testing.T, out *output, atMost time.Duration, what string, enough func(text string) bool) {
	t.Helper()
	late := time.NewTimer(atMost)
	defer late.Stop()
	for {
		grown, text := out.read()
		if enough(text) {
			return
		}
		select {
		case <-grown:
		case <-d.done:
			if _, text := out.read(); enough(text) {
				return
			}
			require.FailNow(t, "dev ended before it was "+what, "%v\n%s\n%s", d.err, d.stderr, d.stdout.tail())
		case <-late.C:
			require.FailNow(t, "dev took too long "+what, "%s after its start:\n%s\n%s", atMost, d.stderr, d.stdout.tail())
		}
	}
}

// awaitAcks returns when so many starts have been acknowledged.
func (d *dev) awaitAcks(t *testing.T, acks string, n int) {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		if text, err := os.ReadFile(acks); err == nil && len(wholeLines(string(text))) >= n {
			return
		}
		select {
		case <-look.C:
		case <-d.done:
			require.FailNow(t, "dev ended", "%v\n%s", d.err, d.stderr)
		case <-late.C:
			require.FailNow(t, "too few starts were acknowledged", "%s", d.stderr)
		}
	}
}

// killAfter lets the process run for a while and kills it.
func (d *dev) killAfter(t *testing.T, length time.Duration) {
	t.Helper()
	alarm := time.NewTimer(length)
	defer alarm.Stop()
	select {
	case <-alarm.C:
	case <-d.done:
		require.FailNow(t, "dev ended by itself", "%v\n%s\n%s", d.err, d.stderr, d.stdout.tail())
	}
	d.kill(t)
}

// kill ends the process so that it has no say in it.
func (d *dev) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, d.cmd.Process.Kill())
	<-d.done
	status, ok := d.cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.Equal(t, syscall.SIGKILL, status.Signal(), "dev ended by itself: %v\n%s", d.err, d.stderr)
}

// cut kills the process unless it is done, with success.
func (d *dev) cut(t *testing.T) {
	t.Helper()
	_ = d.cmd.Process.Kill() // it may be done
	<-d.done
	if d.cmd.ProcessState.Exited() {
		require.Zero(t, d.cmd.ProcessState.ExitCode(), "%s", d.stderr)
	}
}

// interrupt does what Ctrl-C does, and returns the exit code.
func (d *dev) interrupt(t *testing.T) int {
	t.Helper()
	require.NoError(t, d.cmd.Process.Signal(os.Interrupt))
	return d.exitCode(t)
}

// exitCode waits for the process to end by itself.
func (d *dev) exitCode(t *testing.T) int {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-d.done:
	case <-late.C:
		require.FailNow(t, "dev did not end", "%s\n%s", d.stderr, d.stdout.tail())
	}
	return d.cmd.ProcessState.ExitCode()
}

// projector runs a command to its end.
func projector(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "projector", args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// mustProject runs a command that has to succeed, and returns what it printed.
func mustProject(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := projector(t, args...)
	require.Zero(t, code, "projector %s:\n%s%s", strings.Join(args, " "), stdout, stderr)
	return stdout, stderr
}

// output is what a process has printed so far.
type output struct {
	mu    sync.Mutex
	text  []byte
	grown chan struct{} // closed when there is more
}

func newOutput() *output { return &output{grown: make(chan struct{})} }

// Write takes what the process prints.
func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, text...)
	close(o.grown)
	o.grown = make(chan struct{})
	return len(text), nil
}

// read returns everything so far, and a channel that is closed when there is more.
func (o *output) read() (grown <-chan struct{}, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.grown, string(o.text)
}

// String returns everything so far.
func (o *output) String() string {
	_, text := o.read()
	return text
}

// tail returns the end of it.
func (o *output) tail() string {
	text := o.String()
	return text[max(0, len(text)-2000):]
}

// wholeLines returns every line that has its end.
func wholeLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	whole := make([]string, 0, len(lines))
	for _, line := range lines {
		if text, isWhole := strings.CutSuffix(line, "\n"); isWhole {
			whole = append(whole, text)
		}
	}
	return whole
}
