package eventstoretest_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// recorder is a T that keeps what a case reports instead of failing the test.
type recorder struct {
	testing.TB
	mu      sync.Mutex
	reports []string
}

// record runs a case to its end and returns what it reported, "" when it passed.
func record(t testing.TB, run func(t testing.TB)) string {
	r := &recorder{TB: t}
	ended := make(chan struct{})
	go func() { // a failed case ends its goroutine
		defer close(ended)
		run(r)
	}()
	<-ended
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.reports, "\n")
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reports = append(r.reports, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
