//go:build unix

package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
)

func TestAnInterruptedDevStopsInGoodOrderAndAllThatItPrintedIsTrue(t *testing.T) {
	t.Parallel()
	data := keptWhenItFails(t)
	acks := filepath.Join(data, "acks")
	d := startDev(t, data, "--rate", "100/s", "--fail-rate", "0.2", "--ack-file", acks, "-o", "jsonl")
	d.await(t, d.stdout, patience, "to complete sagas and to fail others", func(text string) bool {
		all := figuresOf(t, wholeLines(text))
		return len(all) > 0 && all[len(all)-1].Completed > 50 && all[len(all)-1].Failed > 5
	})
	require.Zero(t, d.interrupt(t), "%s", d.stderr)
	require.Contains(t, d.stderr.String(), "0 sagas were found open and go on\n")
	require.Contains(t, d.stderr.String(), "stopping: running attempts get 2s to end")

	h := readHistory(t, openLog(t, data))
	h.requireStarted(t, acknowledged(t, acks))
	require.Equal(t, h.attemptsStarted(), h.attemptsEnded(), "a stop in good order leaves no attempt without an outcome")
	all := figuresOf(t, wholeLines(d.stdout.String()))
	for i, f := range all[1:] {
		require.GreaterOrEqual(t, f.Completed, all[i].Completed)
		require.GreaterOrEqual(t, f.Failed, all[i].Failed)
	}
	require.Equal(t, figures{
		Started: len(h.in(saga.StateStarted)), Pending: len(h.in(saga.StatePending)),
		Compensating: len(h.in(saga.StateCompensating)), Completed: len(h.in(saga.StateCompleted)),
		Failed: len(h.in(saga.StateFailed)), Parked: len(h.parked()) + h.late,
	}, all[len(all)-1], "the last figures are those of the log")

	again := startDev(t, data, "--rate", "0")
	again.awaitReady(t)
	open := len(h.sagas) - len(h.outcomes())
	require.Regexp(t, fmt.Sprintf(` %d sagas? (was|were) found open`, open), again.stderr.String())
	again.kill(t)
	_, h = bringToRest(t, data)
	h.requireStarted(t, acknowledged(t, acks))
	h.checkBooks(t, data)
}

// attemptsStarted counts attempts of actions and compensations.
func (h *history) attemptsStarted() int {
	return h.events[saga.TypeStepStarted] + h.events[saga.TypeCompensationStarted]
}

// attemptsEnded counts their outcomes. What became known late had an outcome before.
func (h *history) attemptsEnded() int {
	ended := -h.lateSuccesses
	for _, kind := range []string{
		saga.TypeStepCompleted, saga.TypeStepFailed, saga.TypeStepTimedOut, saga.TypeStepInterrupted,
		saga.TypeCompensationCompleted, saga.TypeCompensationFailed, saga.TypeCompensationTimedOut,
		saga.TypeCompensationInterrupted,
	} {
		ended += h.events[kind]
	}
	return ended
}

func TestASecondInterruptEndsDevAtOnceAndLosesNothing(t *testing.T) {
	t.Parallel()
	data := keptWhenItFails(t)
	acks := filepath.Join(data, "acks")
	d := startDev(t, data, "--rate", "200/s", "--fail-rate", "0.9", "--ack-file", acks)
	d.awaitAcks(t, acks, 200) // many of which hang, so that a stop takes its time
	require.NoError(t, d.cmd.Process.Signal(os.Interrupt))
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for ended := false; !ended; {
		select {
		case <-again.C:
			_ = d.cmd.Process.Signal(os.Interrupt) // it may have ended in this moment
		case <-d.done:
			ended = true
		}
	}
	status, ok := d.cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.Equal(t, syscall.SIGINT, status.Signal(), "%v\n%s", d.err, d.stderr)
	requireUnharmed(t, data).requireStarted(t, acknowledged(t, acks))
}

func TestASecondDevIsRefusedAndNamesTheFirst(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	acks := filepath.Join(data, "acks")
	first := startDev(t, data, "--rate", "50/s", "--ack-file", acks)
	first.awaitReady(t)
	for range 3 {
		code, stdout, stderr := projector(t, "dev", "--data", data)
		require.Equal(t, 4, code, stderr)
		require.Empty(t, stdout)
		require.Contains(t, stderr, fmt.Sprintf("is held by process %d on ", first.cmd.Process.Pid))
		require.Contains(t, stderr, "hint: stop that process, or name another directory with --data")
	}
	first.awaitAcks(t, acks, len(acknowledged(t, acks))+20) // which is none the worse for it
	require.Zero(t, first.interrupt(t), "%s", first.stderr)

	next := startDev(t, data, "--rate", "0")
	next.awaitReady(t)
	require.Zero(t, next.interrupt(t), "%s", next.stderr)
}

func TestOthersReadWhileDevRuns(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	acks := filepath.Join(data, "acks")
	d := startDev(t, data, "--rate", "100/s", "--fail-rate", "0.2", "--ack-file", acks)
	seen := map[string]int{} // how many events of a saga have been shown
	for round := 1; round <= 5; round++ {
		d.awaitAcks(t, acks, 40*round)
		ids := acknowledged(t, acks)
		id := ids[len(ids)-20]
		seen[id] = len(historyOf(t, data, id))

		var shown struct {
			Name, ID string
			State    saga.State
			Revision int
		}
		stdout, _ := mustProject(t, "sagas", "show", id, "--data", data, "-o", "json")
		require.NoError(t, json.Unmarshal([]byte(stdout), &shown), stdout)
		require.Equal(t, saga.Ref{Name: order.Name, ID: id}, saga.Ref{Name: shown.Name, ID: shown.ID})
		require.GreaterOrEqual(t, shown.Revision, seen[id]-1, "it is read after the history")

		var list struct {
			AsOf struct {
				Position eventstore.Position
				State    string
			} `json:"as_of"`
			Sagas []struct {
				ID    string
				State saga.State
			}
		}
		stdout, _ = mustProject(t, "sagas", "list", "--status", "completed", "--data", data, "-o", "json", "--limit", "1000")
		require.NoError(t, json.Unmarshal([]byte(stdout), &list), stdout)
		require.Equal(t, "live", list.AsOf.State)
		for _, row := range list.Sagas {
			require.Equal(t, saga.StateCompleted, row.State)
		}
	}
	require.Zero(t, d.interrupt(t), "%s", d.stderr)
	h := readHistory(t, openLog(t, data))
	for id, events := range seen {
		require.Positive(t, events)
		require.LessOrEqual(t, int64(events), h.sagas[saga.Ref{Name: order.Name, ID: id}].Revision()+1)
	}
}

// historyOf returns the types of a saga's events as they are shown.
func historyOf(t *testing.T, data, id string) []string {
	t.Helper()
	var shown struct {
		Events []struct {
			Revision int
			Type     string
		}
		Chain struct{ Verified bool }
	}
	stdout, _ := mustProject(t, "sagas", "history", id, "--data", data, "-o", "json")
	require.NoError(t, json.Unmarshal([]byte(stdout), &shown), stdout)
	require.True(t, shown.Chain.Verified)
	types := make([]string, len(shown.Events))
	for i, e := range shown.Events {
		require.Equal(t, i, e.Revision)
		types[i] = e.Type
	}
	require.Equal(t, saga.TypeSagaStarted, types[0])
	return types
}
