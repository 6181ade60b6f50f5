//go:build unix

package replicas_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// life is one process from its start to its end. Its pid is in the actor of every event that it appends.
type life struct {
	pid     int
	frozen  []span
	killed  time.Time     // zero unless it was
	alone   bool          // nothing else happened to the group before and after the kill
	stall   time.Duration // how much the machine was late after that
	crashed bool          // it ended by itself
}

type span struct{ from, to time.Time }

// member is a place in the group that one process after the other takes.
type member struct {
	t     *testing.T
	place place
	errs  string // the file for what the processes say

	cmd   *exec.Cmd
	alive io.Closer // the end of it tells the process that the test has gone
	out   *readiness
	done  chan struct{} // closed when the process has ended
	life  *life
	lives []*life
	// frozen or gone until due; in neither case when due is zero.
	frozen, gone bool
	due          time.Time
}

// readiness closes a channel when the process has said that it is ready.
type readiness struct {
	mu   sync.Mutex
	text []byte
	once sync.Once
	is   chan struct{}
}

// Write implements io.Writer.
func (r *readiness) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.text = append(r.text, p...); bytes.Contains(r.text, []byte(readyLine+"\n")) {
		r.once.Do(func() { close(r.is) })
	}
	return len(p), nil
}

// spawn starts a process in this place.
func (m *member) spawn() {
	m.t.Helper()
	text, err := json.Marshal(m.place)
	require.NoError(m.t, err)
	errs, err := os.OpenFile(m.errs, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(m.t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), replicaVariable+"="+string(text))
	m.out = &readiness{is: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = m.out, errs
	m.alive, err = cmd.StdinPipe()
	require.NoError(m.t, err)
	require.NoError(m.t, cmd.Start())
	m.cmd, m.done, m.life = cmd, make(chan struct{}), &life{pid: cmd.Process.Pid}
	m.lives = append(m.lives, m.life)
	m.gone, m.frozen, m.due = false, false, time.Time{}
	done := m.done
	go func() {
		defer close(done)
		_ = cmd.Wait() // how it ended is in ProcessState
		_ = errs.Close()
	}()
}

// up reports whether the process runs and is not frozen.
func (m *member) up() bool { return !m.gone && !m.frozen }

// freeze stops the process where it is, for a time.
func (m *member) freeze(length time.Duration) {
	m.t.Helper()
	require.NoError(m.t, m.cmd.Process.Signal(syscall.SIGSTOP))
	now := time.Now()
	m.frozen, m.due = true, now.Add(length)
	m.life.frozen = append(m.life.frozen, span{from: now})
}

func (m *member) thaw() {
	m.t.Helper()
	m.life.frozen[len(m.life.frozen)-1].to = time.Now()
	require.NoError(m.t, m.cmd.Process.Signal(syscall.SIGCONT))
	m.frozen, m.due = false, time.Time{}
}

// kill ends the process so that it has no say in it, and starts the next one after a time.
func (m *member) kill(next time.Duration, alone bool) {
	m.t.Helper()
	select {
	case <-m.done: // it was faster, which the next look at it finds
		return
	default:
	}
	m.life.killed, m.life.alone = time.Now(), alone
	require.NoError(m.t, m.cmd.Process.Kill())
	<-m.done
	m.gone, m.due = true, time.Now().Add(next)
}

// end stops the process in good order.
func (m *member) end() {
	m.t.Helper()
	require.NoError(m.t, m.cmd.Process.Signal(syscall.SIGTERM))
	<-m.done
	require.True(m.t, m.cmd.ProcessState.Success(), "%s: %s", m.cmd.ProcessState, m.said())
}

// remove is for the end of a test that has failed.
func (m *member) remove() {
	if m.cmd != nil {
		_ = m.cmd.Process.Kill()
		<-m.done
		_ = m.alive.Close()
	}
}

func (m *member) said() string {
	text, _ := os.ReadFile(m.errs)
	return string(text[max(0, len(text)-3000):])
}
