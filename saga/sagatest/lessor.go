package sagatest

import (
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/leasetest"
)

// granter grants leases: a [leasetest.Service], or one with a defect, in the tests of this package.
type granter interface {
	Lease(now time.Time, request eventstore.LeaseRequest) (eventstore.LeaseGrant, error)
	Token(above uint64) uint64
}

// sharing is how the orchestrators of a world share its log.
type sharing struct {
	shards int
	ttl    time.Duration
}

// lessor is the lease service of a world, whose clock is that of the log. It knows what it has granted to whom, which no
// orchestrator does.
type lessor struct {
	w *world
	sharing
	granter
	owners map[uint64]string // of every token that was ever granted
	holder []string          // by shard: who was the last to get it, lies aside
	lies   map[string]*lie   // by owner
	lied   bool
}

// lie lets an owner hold shards that others hold.
type lie struct {
	until  time.Time // by the steady clock
	wanted func(shard int) bool
	told   map[int]uint64 // the tokens
}

func newLessor(w *world, s sharing) *lessor {
	return &lessor{
		w: w, sharing: s, granter: &leasetest.Service{}, owners: map[uint64]string{},
		holder: make([]string, s.shards), lies: map[string]*lie{},
	}
}

// request is what every call of an owner has in common.
func (s *lessor) request(owner string) eventstore.LeaseRequest {
	return eventstore.LeaseRequest{Group: "sagas", Owner: owner, Shards: s.shards, TTL: s.ttl}
}

// serve answers a call that has reached the service.
func (s *lessor) serve(r eventstore.LeaseRequest) eventstore.LeaseGrant {
	grant, err := s.Lease(s.w.steady(), r)
	if err != nil {
		s.w.blame(fmt.Errorf("the lease service refuses a call: %w", err))
		return grant
	}
	for _, l := range grant.Shards {
		if last := s.holder[l.Shard]; last != "" && last != r.Owner {
			s.w.mark("a shard in other hands")
		}
		s.holder[l.Shard] = r.Owner
		s.granted(l.Token, r.Owner)
	}
	if l := s.lies[r.Owner]; l != nil && !r.Leave {
		s.embellish(&grant, r, l)
	}
	return grant
}

// granted keeps to whom a token belongs, and makes sure that it stays so.
func (s *lessor) granted(token uint64, owner string) {
	if other, known := s.owners[token]; known && other != owner {
		s.w.blame(fmt.Errorf("token %d is granted to %s, and was granted to %s before", token, owner, other))
	}
	s.owners[token] = owner
}

// embellish adds to a grant what the owner is made to believe that it holds.
func (s *lessor) embellish(grant *eventstore.LeaseGrant, r eventstore.LeaseRequest, l *lie) {
	if s.w.calm || !s.w.steady().Before(l.until) {
		delete(s.lies, r.Owner)
		return
	}
	honest := make([]bool, s.shards)
	for _, lease := range grant.Shards {
		honest[lease.Shard] = true
	}
	for _, returned := range r.Returned {
		if l.told[returned.Shard] > 0 {
			honest[returned.Shard] = true // it is not told so again
		}
	}
	for shard := range s.shards {
		if honest[shard] || !l.wanted(shard) {
			delete(l.told, shard)
			continue
		}
		if l.told[shard] == 0 || l.told[shard] <= r.Above {
			l.told[shard] = s.Token(r.Above)
			s.granted(l.told[shard], r.Owner)
			s.lied = true
			s.w.mark("a shard in two hands")
		}
		grant.Shards = append(grant.Shards, eventstore.ShardLease{Shard: shard, Token: l.told[shard]})
	}
}

// check tells what is wrong with the leases once they are settled: each shard is held by one of the orchestrators, and by
// one alone, and nobody has more than a fair share. Where nothing has gone wrong, no orchestrator met another one.
func (s *lessor) check(nodes []*node, smooth bool) error {
	by := make([]string, s.shards)
	share := (s.shards + len(nodes) - 1) / len(nodes)
	for _, n := range nodes {
		if n.tenure.held > share {
			return fmt.Errorf("%s holds %d of %d shards, a fair share is %d", n.name, n.tenure.held, s.shards, share)
		}
		for shard := range s.shards {
			switch begins := n.tenure.begins[shard]; {
			case begins && by[shard] != "":
				return fmt.Errorf("shard %d is held by %s and by %s", shard, by[shard], n.name)
			case begins:
				by[shard] = n.name
			}
		}
	}
	for shard, name := range by {
		if name == "" {
			return fmt.Errorf("shard %d is held by nobody", shard)
		}
	}
	if smooth && s.w.conflicts+s.w.doubles > 0 {
		return fmt.Errorf("nothing went wrong, and yet there were %d conflicts and %d attempts beside others",
			s.w.conflicts, s.w.doubles)
	}
	return nil
}
