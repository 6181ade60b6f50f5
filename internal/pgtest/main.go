package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"
)

// Variable names a running server for the tests, by its URL.
const Variable = "SKALD_TEST_POSTGRES"

// TB is what a test offers to Server. Every testing.TB is one.
type TB interface {
	Helper()
	Fatal(args ...any)
}

// Server is the one server of a test binary: a variable of the tests' package. The zero value is ready for use.
//
//	var server pgtest.Server
//
//	func TestMain(m *testing.M) { os.Exit(server.Main(m.Run)) }
type Server struct {
	mu      sync.Mutex
	cluster *Cluster
	err     error
}

// Main runs tests, removes the server if one was started, and returns the exit code.
func (s *Server) Main(run func() int) (code int) {
	code = run()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cluster == nil {
		return code
	}
	if err := s.cluster.Remove(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	return code
}

// URL returns the URL of the server, which it starts when it is needed for the first time. The test fails when there is
// none to be had.
func (s *Server) URL(t TB) string {
	t.Helper()
	if url := os.Getenv(Variable); url != "" {
		return url
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cluster == nil && s.err == nil {
		// It holds nothing that has to outlive the machine; killing the server alone loses nothing either.
		s.cluster, s.err = New(context.Background(), "fsync = off", "full_page_writes = off")
	}
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.cluster.URL()
}
