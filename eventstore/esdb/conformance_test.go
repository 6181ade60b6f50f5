package esdb_test

import (
	"os"
	"testing"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/esdb"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/internal/esdbtest"
)

// TestConformance runs on the server for tests, a fresh one for each case, or on the real one that SKALD_TEST_ESDB names.
func TestConformance(t *testing.T) {
	if url := os.Getenv("SKALD_TEST_ESDB"); url != "" {
		runOnOneServer(t, url)
		return
	}
	eventstoretest.Run(t, func(t *testing.T) eventstore.Store {
		return open(t, esdb.Config{URL: newCluster(t, esdbtest.Config{}).URL()})
	})
}

func TestStoresOnOneServerKnowOfEachOther(t *testing.T) {
	eventstoretest.RunShared(t, func(t *testing.T) (one, other eventstore.Store) {
		url := newCluster(t, esdbtest.Config{}).URL()
		return open(t, esdb.Config{URL: url}), open(t, esdb.Config{URL: url})
	})
}
