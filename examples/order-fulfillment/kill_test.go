package main

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestKilledAgainAndAgainItEndsAllTheSame(t *testing.T) {
	data, self := t.TempDir(), os.Args[0]
	const kills = 4 // a step that is cut off five times is left to a person
	killed := 0
	for patience := 40 * time.Millisecond; killed < kills; patience += 60 * time.Millisecond {
		child := exec.CommandContext(t.Context(), self)
		child.Env = append(os.Environ(), childData+"="+data)
		require.NoError(t, child.Start())
		alarm := time.AfterFunc(patience, func() { _ = child.Process.Kill() })
		err := child.Wait()
		alarm.Stop()
		if err == nil {
			break // it was done before the signal came
		}
		exit, hasExit := errors.AsType[*exec.ExitError](err)
		require.True(t, hasExit, err)
		require.Equal(t, -1, exit.ExitCode(), "it ended by itself, with an error")
		killed++
	}
	require.Positive(t, killed, "it was never killed")

	code, out, errs := program(t.Context(), "--data", data)
	require.Zero(t, code, out+errs)
	require.Contains(t, out, "260 orders: 208 completed, 52 failed\n")
	require.Contains(t, out, "books balance: 208 orders fulfilled, 52 undone\n")
}
