package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// The test binary runs itself as a second process, which plays the role that this variable names.
const (
	roleVariable = "SQLITE_TEST_ROLE"
	pathVariable = "SQLITE_TEST_PATH"
)

// playRole is the main function of the second process. It ends when its standard input does.
func playRole(role string) int {
	path := os.Getenv(pathVariable)
	if role == "open without permission" {
		if err := dropPermissions(); err != nil {
			fmt.Println("cannot:", err)
			return 1
		}
	}
	store, err := sqlite.Open(context.Background(), sqlite.Config{Path: path})
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	switch role {
	case "open without permission":
		fmt.Println("opened")
	case "open":
		id, err := store.LogID(context.Background())
		fmt.Println(id, err)
	case "lock":
		_, err := store.Lock(context.Background(), "owner")
		fmt.Println("locked", err)
	case "share":
		_, err := store.LockShared(context.Background(), "owner")
		fmt.Println("shared", err)
	case "renew for ever":
		go renewForEver(store)
	case "append for ever":
		go appendForEver(store)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := store.Close(); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

// renewForEver prints what it holds after each call.
func renewForEver(store *sqlite.Store) {
	for {
		request := asks(fmt.Sprintf("child %d", os.Getpid()))
		request.TTL = 200 * time.Millisecond
		grant, err := store.Lease(context.Background(), request)
		if err != nil {
			fmt.Println("error:", err)
			return
		}
		fmt.Println(grant.Shards)
	}
}

// childWriters is how many goroutines append in the role "append for ever".
const childWriters = 512

// appendForEver appends to ever new streams, two events at a time, and prints each event when it is acknowledged.
func appendForEver(store *sqlite.Store) {
	var mu sync.Mutex
	for w := range childWriters {
		go func() {
			for n := 0; ; n++ {
				stream := fmt.Sprintf("child-%d-%d-%d", os.Getpid(), w, n/5)
				events := []eventstore.EventData{newEvent(n), newEvent(n)}
				expected := eventstore.Exactly(int64(n%5*2 - 1))
				if _, err := store.Append(context.Background(), stream, expected, events...); err != nil {
					fmt.Println("error:", err)
					return
				}
				mu.Lock()
				fmt.Printf("%s %d %s\n%s %d %s\n", stream, n%5*2, events[0].ID, stream, n%5*2+1, events[1].ID)
				mu.Unlock()
			}
		}()
	}
}

type child struct {
	command *osexec.Cmd
	stdin   io.Closer
	lines   *bufio.Scanner
}

// startChild runs the second process. The test ends it.
func startChild(t *testing.T, role, path string) *child {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	c := &child{command: osexec.Command(self)}
	c.command.Env = append(os.Environ(), roleVariable+"="+role, pathVariable+"="+path)
	c.command.Stderr = os.Stderr
	c.stdin, err = c.command.StdinPipe()
	require.NoError(t, err)
	stdout, err := c.command.StdoutPipe()
	require.NoError(t, err)
	c.lines = bufio.NewScanner(stdout)
	require.NoError(t, c.command.Start())
	t.Cleanup(func() { c.kill() })
	return c
}

// line returns the next line that the child prints, "" when it has ended.
func (c *child) line() string {
	if c.lines.Scan() {
		return c.lines.Text()
	}
	return ""
}

// stop lets the child end by itself and returns what else it printed.
func (c *child) stop() (rest []string, err error) {
	_ = c.stdin.Close()
	for c.lines.Scan() {
		rest = append(rest, c.lines.Text())
	}
	return rest, c.command.Wait()
}

// kill ends the child at once, with SIGKILL where there are signals, and returns what else it had printed.
func (c *child) kill() (rest []string) {
	_ = c.command.Process.Kill()
	for c.lines.Scan() {
		rest = append(rest, c.lines.Text())
	}
	_ = c.command.Wait()
	return rest
}
