package sqlite

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/sqlite/internal/crashtest"
)

// requireNoticed breaks the store, or takes a disk that cannot be trusted, and wants power cuts to show it. It returns in
// how many cuts they do. What errors show is in TestErrorsShowWhatIsWrong.
func requireNoticed(t *testing.T) map[string]int64 {
	t.Helper()
	noticed := map[string]int64{}
	for _, canary := range []struct {
		name   string
		within int64
		spoil  func(*crashtest.Campaign)
		says   string
	}{
		{"synchronous is NORMAL", 100, func(c *crashtest.Campaign) {
			c.Config.SQL.Synchronous, c.Config.SQL.SynchronousFull = "PRAGMA synchronous = NORMAL", "1"
		}, "lost|it was at|malformed|is missing"},
		{"syncs do not reach the disk of a Mac", 100, func(c *crashtest.Campaign) {
			c.Config.SQL.FullFsync = "PRAGMA fullfsync = OFF"
		}, "lost|it was at|malformed|is missing"},
		{"the disk ignores syncs", 100, func(c *crashtest.Campaign) { c.Traits.IgnoresSync = true }, "lost|it was at|malformed|is missing"},
		{"an append is split in two transactions", 100, func(c *crashtest.Campaign) {
			c.Config.Sabotage.SplitsAppends = true
		}, "a part of a batch"},
		{"what recovery finds is not synced", 5000, func(c *crashtest.Campaign) {
			c.Config.Sabotage.TrustsRecovery = true
		}, "lost|it was at|malformed|is missing"},
		{"a commit that failed is acknowledged", 100, func(c *crashtest.Campaign) {
			c.Config.Sabotage.TakesAllForCommits = true
		}, "lost|it was at|malformed|is missing"},
	} {
		t.Run(canary.name, func(t *testing.T) {
			campaign := crashtest.Campaign{Config: shipped(), Dir: t.TempDir()}
			canary.spoil(&campaign)
			cuts := int64(0)
			for seed := uint64(1); cuts < canary.within; seed++ {
				out, err := campaign.Run(seed)
				cuts += out.Disk.Cuts
				if err != nil {
					require.Regexp(t, canary.says, err.Error())
					noticed["cuts until noticed: "+canary.name] = max(cuts, 1)
					return
				}
			}
			t.Fatalf("the campaign does not notice it in %d cuts", cuts)
		})
	}
	return noticed
}

func TestNoiseInAPageIsFoundByTheChecksumAndSilentWithoutIt(t *testing.T) {
	campaign := crashtest.Campaign{Config: shipped(), Dir: t.TempDir()}
	silent := 0
	for seed := range uint64(10) {
		reading, err := campaign.Noise(seed, false)
		require.NoError(t, err)
		require.Equal(t, crashtest.Refused, reading, "seed %d", seed)
		if reading, err = campaign.Noise(seed, true); err == nil && reading == crashtest.Wrong {
			silent++
		}
		require.NoError(t, err)
	}
	require.Equal(t, 10, silent, "noise that nothing else notices")
}
