package sqlite_test

import (
	"testing"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
)

func TestConformance(t *testing.T) {
	eventstoretest.Run(t, func(t *testing.T) eventstore.Store { return open(t, newPath(t)) })
}

func TestStoresOnOneFileKnowOfEachOther(t *testing.T) {
	eventstoretest.RunShared(t, func(t *testing.T) (one, other eventstore.Store) {
		path := newPath(t)
		return open(t, path), open(t, path)
	})
}
