package bell_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/eventstore/internal/bell"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestARingWakesWhoeverAskedBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bell.Bell
		b.Ring() // nobody asked
		first := b.Next()
		select {
		case <-first:
			require.Fail(t, "woken by a ring of the past")
		default:
		}
		b.Ring()
		<-first
		second := b.Next()
		require.NotEqual(t, first, second)
		go b.Ring()
		<-second
	})
}

func TestOneWatcherServesAllSubscriptionsAndEndsWithTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bell.Bell
		watching := 0
		watch := func(stop <-chan struct{}) {
			watching++
			<-stop
			watching--
		}
		leaveFirst, leaveSecond := b.Join(watch), b.Join(watch)
		synctest.Wait()
		require.Equal(t, 1, watching)
		leaveFirst()
		synctest.Wait()
		require.Equal(t, 1, watching)
		leaveSecond()
		require.Zero(t, watching)
		b.Quiet()

		leave := b.Join(watch)
		synctest.Wait()
		require.Equal(t, 1, watching)
		leave()
	})
}
