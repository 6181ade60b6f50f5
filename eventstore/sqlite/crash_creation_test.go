package sqlite

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/sqlite/internal/crashtest"
)

// TestALogWhoseMakingWasInterruptedIsMadeByTheNextOne opens with the shipped store what a power cut, or the death of the
// process, has left of a log that was being made: among it half a database beside a journal that undoes it, which a
// connection that only reads cannot do.
func TestALogWhoseMakingWasInterruptedIsMadeByTheNextOne(t *testing.T) {
	campaign := crashtest.Campaign{Config: shipped(), Dir: t.TempDir()}
	empty := func(log []crashtest.Stored) error {
		if len(log) > 0 {
			return errors.New("there are events in it")
		}
		return nil
	}
	calls := 0
	for made := false; !made; {
		calls++
		var files map[string][]byte
		for seed := range uint64(4) {
			files, made = campaign.Creation(seed, calls, seed == 0)
			require.NoError(t, openImage(files, empty), "call %d, seed %d", calls, seed)
		}
	}
	require.Greater(t, calls, 10, "the making of a log is many calls")
}
