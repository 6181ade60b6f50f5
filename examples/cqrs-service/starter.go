package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// startSagas follows the log and starts a saga for every order that was placed, until ctx ends. So an order and its saga need
// no transaction that spans both: whatever happens after OrderPlaced is in the log, the saga is started, now or after the
// next start of the service.
//
// It begins with the first order each time, because to start a saga again is harmless: Start finds the one that there is. A
// service with a long log would keep the position that it has reached, and go on there.
func (s *Service) startSagas(ctx context.Context) error {
	placed := eventstore.Filter{TypePrefixes: []string{typeOrderPlaced}}
	for message, err := range s.store.Subscribe(ctx, eventstore.Position{}, placed) {
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("follow the log: %w", err)
		}
		if message.Kind != eventstore.KindEvent {
			continue
		}
		if err := s.startSaga(ctx, message.Event); err != nil {
			if ctx.Err() != nil || errors.Is(err, saga.ErrStopping) {
				return nil
			}
			return err
		}
	}
	return nil
}

func (s *Service) startSaga(ctx context.Context, event eventstore.RecordedEvent) error {
	order, err := aggregate.DecodeEvent[OrderPlaced](s.registry, event)
	if err != nil {
		return err
	}
	_, err = s.orchestrator.StartWith(ctx, SagaName, orderID(event.Stream), order, saga.StartOptions{CausationID: event.ID.String()})
	return err
}

// category begins the name of an order's stream.
const category = "order"

func orderID(stream string) string { return strings.TrimPrefix(stream, category+"-") }
