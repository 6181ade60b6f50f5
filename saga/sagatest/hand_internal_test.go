package sagatest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAClockThatDriftsIsWaitedForNeitherTooLongNorTooShort(t *testing.T) {
	noon := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, percent := range []int{-20, -1, 0, 7, 20} {
		h := hand{at: noon.Add(time.Hour), since: noon, percent: percent}
		require.Equal(t, noon.Add(time.Hour), h.now(noon))
		world := noon.Add(90 * time.Second)
		for _, wait := range []time.Duration{time.Millisecond, time.Minute, 24 * time.Hour, 10 * 365 * 24 * time.Hour} {
			at := h.now(world).Add(wait)
			left := h.until(at, world)
			require.False(t, h.now(world.Add(left)).Before(at), "%d %%: the instant has come after %s", percent, left)
			early := left - left/100 - 2*time.Microsecond
			require.True(t, h.now(world.Add(early)).Before(at), "%d %%: and not long before", percent)
		}
		require.Zero(t, h.until(noon, world))
		h.set(noon, world, percent)
		require.Equal(t, noon, h.now(world))
	}
}
