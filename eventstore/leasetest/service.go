package leasetest

import (
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/lease"
)

// Service keeps the leases of one group. The zero Service is one of a group that nobody has asked for. It is not safe for
// concurrent use.
type Service struct{ state lease.State }

// Lease answers a request as of an instant, as eventstore.Leaser says, by the very rules of the stores. The instant is
// that of the service: it must not go back.
func (s *Service) Lease(now time.Time, request eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	next, grant, err := lease.Settle(s.state, now, request)
	if err == nil {
		s.state = next
	}
	return grant, err
}

// Token returns a token above another one that nobody else has or will get: a lie that grants a shard twice needs it.
func (s *Service) Token(above uint64) uint64 {
	s.state.Token = max(s.state.Token, above) + 1
	return s.state.Token
}
