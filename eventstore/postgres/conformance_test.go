package postgres_test

import (
	"context"
	"testing"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
)

func background() context.Context { return context.Background() }

func TestConformance(t *testing.T) {
	eventstoretest.Run(t, func(t *testing.T) eventstore.Store { return open(t, newConfig(t)) })
}

func TestStoresOnOneLogKnowOfEachOther(t *testing.T) {
	eventstoretest.RunShared(t, func(t *testing.T) (one, other eventstore.Store) {
		cfg := newConfig(t)
		return open(t, cfg), open(t, cfg)
	})
}
