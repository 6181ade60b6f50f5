package memory

import (
	"context"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/lease"
)

// Lease implements eventstore.Leaser among the callers of this Store, by the clock of the process.
func (s *Store) Lease(ctx context.Context, request eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return eventstore.LeaseGrant{}, fmt.Errorf("lease: %w", err)
	}
	next, grant, err := lease.Settle(s.leases[request.Group], time.Now(), request)
	if err != nil {
		return eventstore.LeaseGrant{}, err
	}
	s.leases[request.Group] = next
	return grant, nil
}
