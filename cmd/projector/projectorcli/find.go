package projectorcli

import (
	"context"
	"database/sql"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

// find returns the one saga that an argument means: ID, or Name/ID.
func (a *app) find(ctx context.Context, store logStore, given string) (saga.Ref, error) {
	name, id, qualified := strings.Cut(given, "/")
	named := saga.Ref{Name: name, ID: id}
	if err := (saga.Ref{Name: "any", ID: given}).Validate(); err != nil && (!qualified || named.Validate() != nil) {
		return saga.Ref{}, err
	}
	candidates, err := a.candidates(ctx, store, given)
	if err != nil {
		return saga.Ref{}, err
	}
	if qualified {
		candidates = append(candidates, named)
	}
	var found []saga.Ref
	for _, ref := range candidates {
		if ref.Validate() != nil || slices.Contains(found, ref) {
			continue
		}
		there, err := isThere(ctx, store, ref)
		if err != nil {
			return saga.Ref{}, err
		}
		if there {
			found = append(found, ref)
		}
	}
	return only(given, found, a.logName())
}

// listed returns the one saga of the read model that an argument means: ID, or Name/ID.
func (a *app) listed(ctx context.Context, db *sql.DB, given string) (saga.Ref, error) {
	queries := []sagaview.Query{{ID: given}}
	if name, id, qualified := strings.Cut(given, "/"); qualified && id != "" {
		queries = append(queries, sagaview.Query{Names: []string{name}, ID: id})
	}
	var found []saga.Ref
	for _, q := range queries {
		page, err := sagaview.List(ctx, db, q)
		if err != nil {
			return saga.Ref{}, err
		}
		for _, s := range page.Sagas {
			found = append(found, saga.Ref{Name: s.Name, ID: s.ID})
		}
	}
	return only(given, found, "the read model")
}

// only returns the saga that was found for an argument, unless there is none or more than one.
func only(given string, found []saga.Ref, where string) (saga.Ref, error) {
	switch len(found) {
	case 0:
		return saga.Ref{}, fail(ExitNotFound, "list the sagas with: projector sagas list", "there is no saga %q in %s", given, where)
	case 1:
		return found[0], nil
	}
	names := make([]string, len(found))
	for i, ref := range found {
		names[i] = ref.String()
	}
	slices.Sort(names)
	return saga.Ref{}, usage("name one of them: "+strings.Join(names, ", "), "%q is the id of %d sagas", given, len(found))
}

// isThere reports whether the saga's stream holds an event.
func isThere(ctx context.Context, store eventstore.Store, ref saga.Ref) (bool, error) {
	for _, err := range store.ReadStream(ctx, ref.Stream(), math.MaxInt64, eventstore.Backwards) {
		if isMissing(err) {
			return false, nil
		}
		return err == nil, err
	}
	return false, nil
}

// candidates returns sagas of that id, whatever their name, some of which may not exist: of every name that the read
// model knows, and those begun after the position that it is as of. Without a read model of this log it looks at every
// start there was.
func (a *app) candidates(ctx context.Context, store logStore, id string) ([]saga.Ref, error) {
	refs := []saga.Ref{{Name: order.Name, ID: id}}
	logID, err := store.LogID(ctx)
	if err != nil {
		return nil, err
	}
	names, after := a.knownNames(ctx, logID)
	for _, name := range names {
		refs = append(refs, saga.Ref{Name: name, ID: id})
	}
	starts := eventstore.Filter{TypePrefixes: []string{saga.TypeSagaStarted}}
	for ev, err := range store.ReadAll(ctx, after, eventstore.Forwards, starts) {
		if err != nil {
			return nil, err
		}
		if ref, ok := saga.ParseStream(ev.Stream); ok && ref.ID == id {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}

// knownNames returns the names of all sagas up to a position of that log. The read model only saves time here, so one
// that is missing or cannot be used is the same as one that knows nothing.
func (a *app) knownNames(ctx context.Context, logID string) (names []string, asOf eventstore.Position) {
	err := a.readModel(ctx, func(db *sql.DB) error {
		totals, err := sagaview.Count(ctx, db)
		if err == nil && totals.AsOf.LogID == logID {
			names, asOf = slices.Collect(maps.Keys(totals.ByName)), totals.AsOf.Position
		}
		return err
	})
	if err != nil {
		return nil, eventstore.Position{}
	}
	return names, asOf
}
