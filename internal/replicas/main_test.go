//go:build unix

package replicas_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/skaldgo/skald/internal/pgtest"
)

// server is the one of this test binary.
var server pgtest.Server

// TestMain makes the test binary one of the processes when it was started as such. The tests of this package wait for time
// to pass more than for a processor, so more of them run at once than there are processors.
func TestMain(m *testing.M) {
	if text, isReplica := os.LookupEnv(replicaVariable); isReplica {
		os.Exit(replica(text))
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(server.Main(func() int {
		code := m.Run()
		if err := goleak.Find(); code == 0 && err != nil {
			fmt.Fprintln(os.Stderr, "goroutines were left:", err)
			return 1
		}
		return code
	}))
}
