package sqlite

import (
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
)

// A poller meets a connection that opens and then cannot be used, for want of memory or file handles, and looks again.
func TestALookThatCouldNotBePreparedIsTriedAgain(t *testing.T) {
	store := openLog(t)
	interrupted := make(chan struct{})
	close(interrupted)
	unusable := func() (*sqlite.Conn, error) {
		conn, err := store.openReading()
		require.NoError(t, err)
		conn.SetInterrupt(interrupted)
		return conn, nil
	}
	var look looker
	t.Cleanup(look.close)
	for range 2 {
		_, err := look.changed(unusable)
		require.Error(t, err)
	}
	changed, err := look.changed(store.openReading)
	require.NoError(t, err)
	require.True(t, changed)
}
