package saga_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails the package when anything that an orchestrator started outlives its tests.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
