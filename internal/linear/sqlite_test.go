package linear_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// kinds counts the faults that struck.
type kinds struct {
	contexts, reopened, terminated, killed atomic.Int64
}

// inSQLite makes a run over two stores on one file, of which one is closed and opened again in the middle of it.
func inSQLite(t *testing.T, seed uint64, struck *kinds) *run {
	t.Helper()
	cfg := sqlite.Config{Path: filepath.Join(t.TempDir(), "log.db")}
	var stores [2]atomic.Pointer[sqlite.Store]
	open := func(i int) error {
		store, err := sqlite.Open(context.WithoutCancel(t.Context()), cfg)
		if err == nil {
			stores[i].Store(store)
		}
		return err
	}
	for i := range stores {
		require.NoError(t, open(i))
		t.Cleanup(func() { require.NoError(t, stores[i].Load().Close()) })
	}
	r := newRun(seed)
	r.store = func(client int) eventstore.Store { return stores[client%2].Load() }
	r.faults[r.least/2] = func() error {
		struck.reopened.Add(1)
		return errors.Join(stores[1].Load().Close(), open(1))
	}
	return r
}
