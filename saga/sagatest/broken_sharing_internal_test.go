package sagatest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/leasetest"
	"github.com/skaldgo/skald/saga"
)

// careless is an engine that shares its log, with a defect in what it is told or what becomes of what it asks for.
type careless struct {
	*saga.Engine
	hears func(saga.Input) saga.Input
	drops func(saga.Effect) bool // what it asks for is never done
}

func (m *careless) Handle(now time.Time, input saga.Input) []saga.Effect {
	if m.hears != nil {
		if input = m.hears(input); input == nil {
			return nil
		}
	}
	var done []saga.Effect
	for _, e := range m.Engine.Handle(now, input) {
		if m.drops == nil || !m.drops(e) {
			done = append(done, e)
		}
	}
	return done
}

// rotating is a lease service that numbers its tokens by shard, so that the next owner gets that of the one before.
type rotating struct{ leasetest.Service }

func (s *rotating) Lease(now time.Time, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	grant, err := s.Service.Lease(now, r)
	for i := range grant.Shards {
		grant.Shards[i].Token = max(r.Above, 1_000) + uint64(grant.Shards[i].Shard)
	}
	return grant, err
}

// impatient is a lease service that gives up an owner long before its time, and tells others so.
type impatient struct{ leasetest.Service }

func (s *impatient) Lease(now time.Time, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	r.TTL /= 2
	return s.Service.Lease(now, r)
}

func engineWith(hears func(saga.Input) saga.Input, drops func(saga.Effect) bool) func(*stage) {
	return func(st *stage) {
		st.assemble = func(c saga.EngineConfig) (machine, error) {
			e, err := saga.NewEngine(c)
			return &careless{Engine: e, hears: hears, drops: drops}, err
		}
	}
}

// takesOver reports whether an effect records that an attempt of somebody else is given up.
func takesOver(e saga.Effect) bool {
	a, is := e.(saga.AppendEvents)
	if !is {
		return false
	}
	switch a.Events[0].(type) {
	case saga.StepInterrupted, saga.CompensationInterrupted:
		return true
	}
	return false
}

func TestDefectsOfSharingAreFound(t *testing.T) {
	for _, d := range []struct {
		name   string
		build  func(*stage)
		breaks string
		first  uint64 // the first seed to try
	}{
		{"an engine that appends with its lower token", engineWith(func(in saga.Input) saga.Input {
			if loaded, is := in.(saga.SagaLoaded); is {
				loaded.Fence = 0
				return loaded
			}
			return in
		}, nil), "behind one of", 1},
		{"an engine that begins attempts of shards that were lost", engineWith(func(in saga.Input) saga.Input {
			if change, is := in.(saga.LeasesChanged); is && len(change.Held) == 0 {
				return nil
			}
			return in
		}, nil), "knows that it does not hold shard", 1},
		{"an engine that does not return shards", engineWith(func(in saga.Input) saga.Input {
			if change, is := in.(saga.LeasesChanged); is {
				change.Return = nil
				return change
			}
			return in
		}, nil), "knows that it does not hold shard|a fair share is", 1},
		{"an engine that leaves open the attempts of a shard that it gained", engineWith(nil, takesOver), "nothing will ever happen", 1},
		{"a shell that asks for no higher token", engineWith(nil, func(e saga.Effect) bool {
			_, is := e.(saga.TokenBehind)
			return is
		}), "nothing will ever happen", 550},
		{"a shell that reckons its leases from the answer", func(st *stage) { st.tardy = true }, "beyond its lease", 1},
		{"a service that grants a token again", func(st *stage) {
			st.granter = func() granter { return &rotating{} }
		}, "was granted to", 1},
		{"a service that takes leases away before their time", func(st *stage) {
			st.granter = func() granter { return &impatient{} }
		}, "beyond its lease", 1},
	} {
		t.Run(d.name, func(t *testing.T) {
			st, err := newStage()
			require.NoError(t, err)
			defer st.crew.dismiss()
			d.build(st)
			r := result{}
			seed := d.first
			for ; r.err == nil; seed++ {
				require.Less(t, seed, d.first+400, "it was not found")
				r = simulate(st, shapes()[0].fresh, seed, Seeds{Sagas: 3}, false)
			}
			require.Regexp(t, d.breaks, r.err.Error())
		})
	}
}

func TestFaultsOfLeasesAreCutDownAsOthersAre(t *testing.T) {
	for name, build := range map[string]func(*stage){
		"an open attempt is nobody's": engineWith(nil, takesOver),
		"leases are taken away early": func(st *stage) { st.granter = func() granter { return &impatient{} } },
	} {
		t.Run(name, func(t *testing.T) {
			st, err := newStage()
			require.NoError(t, err)
			defer st.crew.dismiss()
			build(st)
			q := &quietly{}
			sum := st.simulate(q, shapes()[0].fresh, Seeds{Count: 400})
			require.Error(t, sum.Err)
			require.LessOrEqual(t, len(sum.Shrunk.Only), 4)
			require.Contains(t, q.told.String(), "As a test:")
			t.Logf("seed %d: %#v", sum.Seed, sum.Shrunk)
		})
	}
}
