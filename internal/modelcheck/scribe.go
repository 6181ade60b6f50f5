package modelcheck

import (
	"context"
	"fmt"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// repository is what orchestrators append with.
type repository = aggregate.Repository[*saga.Instance, saga.Command, saga.Event]

// scribe writes logs as orchestrators would, one after the other, each into a store of its own. It is the store of its
// repositories, so that they need not be made anew for every log.
type scribe struct {
	eventstore.Store // of the log at hand
	registry         *eventstore.Registry
	repositories     map[string]*repository // by the name of the saga
}

func newScribe() (*scribe, error) {
	registry, err := saga.NewRegistry()
	return &scribe{registry: registry, repositories: map[string]*repository{}}, err
}

// verified stores appends as orchestrators would, and checks every rule of package verify on the log.
func (s *scribe) verified(ctx context.Context, appends []dated) error {
	s.Store = memory.New()
	heads := map[saga.Ref]aggregate.Head{}
	for _, a := range appends {
		repository, err := s.repository(a.ref.Name)
		if err != nil {
			return err
		}
		head, begun := heads[a.ref]
		if !begun {
			head = aggregate.NewHead(a.ref.Stream())
		}
		heads[a.ref], err = repository.Append(ctx, head, a.events, aggregate.Envelope{At: a.at, CorrelationID: "c", Actor: "model"})
		if err != nil {
			return fmt.Errorf("store the log: %w", err)
		}
	}
	report, err := verify.Log(ctx, s.Store, verify.Config{})
	if err != nil {
		return err
	}
	return report.Err()
}

func (s *scribe) repository(name string) (*repository, error) {
	if known := s.repositories[name]; known != nil {
		return known, nil
	}
	made, err := aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](aggregate.Config[*saga.Instance]{
		Store: s, Registry: s.registry, Category: saga.Category(name),
		New: func(id string) *saga.Instance { return saga.NewInstance(saga.Ref{Name: name, ID: id}) },
	})
	s.repositories[name] = made
	return made, err
}
