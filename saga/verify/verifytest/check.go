package verifytest

import (
	"testing"

	"github.com/skaldgo/skald/saga/verify"
)

// maxReported keeps the report of a broken log readable.
const maxReported = 20

// Check reads the whole log and reports, with t.Errorf, every rule of package verify that it breaks, the replay (G23)
// included. It returns what was read. Call it at the end of a test that wrote a log, before the store is closed.
func Check(t testing.TB, source verify.Source) verify.Report {
	t.Helper()
	return CheckWith(t, source, verify.Config{Replay: true})
}

// CheckWith is Check with a config, for a ledger or a seal.
func CheckWith(t testing.TB, source verify.Source, cfg verify.Config) verify.Report {
	t.Helper()
	report, err := verify.Log(t.Context(), source, cfg)
	if err != nil {
		t.Errorf("check the log: %v", err)
	}
	for i, violation := range report.Violations {
		if i == maxReported {
			break
		}
		t.Errorf("%s", violation)
	}
	if more := report.Broken - min(maxReported, len(report.Violations)); more > 0 {
		t.Errorf("the log breaks rules in %d more places", more)
	}
	return report
}
