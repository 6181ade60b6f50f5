package esdbtest_test

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/esdbtest"
)

func TestAClientFindsTheLeaderOfThree(t *testing.T) {
	t.Parallel()
	c := esdbtest.Open(t, esdbtest.Config{Nodes: 3, TLS: true})
	require.NoError(t, c.Elect(2))
	served := make(chan esdbtest.Call, 100)
	c.Inject(func(call esdbtest.Call) esdbtest.Fault {
		served <- call
		return esdbtest.Fault{}
	})
	connect(t, c.URL()).mustAppend("account-1", esdb.NoStream{}, event("Opened"))
	close(served)
	for call := range served {
		if call.Method == esdbtest.Append {
			require.Equal(t, 2, call.Node)
		}
	}
}
