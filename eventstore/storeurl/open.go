package storeurl

import (
	"context"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/esdb"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// Open opens the store that the URL names, with the errors of Parse and of that store's own Open.
func Open(ctx context.Context, text string) (eventstore.Store, error) {
	target, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return target.Open(ctx)
}

// Open opens the store. The context is for opening only.
func (t Target) Open(ctx context.Context) (eventstore.Store, error) {
	switch t.Kind {
	case SQLite:
		return orNil(sqlite.Open(ctx, t.SQLite))
	case Postgres:
		return orNil(postgres.Open(ctx, t.Postgres))
	case ESDB:
		return orNil(esdb.Open(ctx, t.ESDB))
	default:
		return memory.New(), nil
	}
}

// orNil keeps a nil pointer from becoming a store that is not nil.
func orNil[S eventstore.Store](store S, err error) (eventstore.Store, error) {
	if err != nil {
		return nil, err
	}
	return store, nil
}
