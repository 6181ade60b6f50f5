package sagatest_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails the package when a coroutine of a run outlives it.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
