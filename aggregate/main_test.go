package aggregate_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/skaldgo/skald/internal/pgtest"
)

// server is the PostgreSQL of this test binary.
var server pgtest.Server

func TestMain(m *testing.M) {
	code := server.Main(m.Run)
	if err := goleak.Find(); err != nil && code == 0 {
		_, _ = os.Stderr.WriteString("goroutines were left: " + err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}
