package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/skaldgo/skald/internal/pgtest"
)

// server is the PostgreSQL of this test binary.
var server pgtest.Server

// TestMain builds the program that is tested, and lets exec find it by its name. It is built without the race detector,
// whatever the tests are built with: what is tested here is what a user runs.
func TestMain(m *testing.M) {
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runTests(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "projector")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	build := exec.Command("go", "build", "-race=false", "-o", filepath.Join(dir, "projector"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build the projector: %w\n%s", err, out)
	}
	if err := os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		return 1, err
	}
	if code = server.Main(m.Run); code != 0 {
		return code, nil
	}
	return 0, goleak.Find()
}
