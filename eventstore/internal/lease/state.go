package lease

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// State is all that a store keeps of a group. The zero State is that of a group that nobody has asked for.
type State struct {
	Shards int `json:"shards"`
	// Token is the highest that was ever granted.
	Token   uint64   `json:"token"`
	Members []Member `json:"members,omitempty"` // in order of their names
}

// Member is one owner that has not been given up.
type Member struct {
	Owner string                  `json:"owner"`
	Until time.Time               `json:"until"`
	Held  []eventstore.ShardLease `json:"held,omitempty"` // in order of the shards
}

// Decode returns the state in an encoded form; nothing at all is the zero State. What no Settle writes is
// eventstore.ErrCorrupt.
func Decode(encoded []byte) (State, error) {
	var s State
	if len(encoded) == 0 {
		return s, nil
	}
	err := json.Unmarshal(encoded, &s)
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return State{}, fmt.Errorf("decode the leases: %w: %w", eventstore.ErrCorrupt, err)
	}
	return s, nil
}

// Encode returns the encoded form.
func (s State) Encode() ([]byte, error) { return json.Marshal(s) }

// check finds what no Settle writes.
func (s State) check() error {
	if s.Shards == 0 && s.Token == 0 && len(s.Members) == 0 {
		return nil
	}
	if s.Shards < 1 || s.Shards > eventstore.MaxShards {
		return fmt.Errorf("%d shards", s.Shards)
	}
	if s.Token > maxToken {
		return fmt.Errorf("token %d", s.Token)
	}
	holders, tokens := make(map[int]string), make(map[uint64]string)
	for i, m := range s.Members {
		if m.Owner == "" || len(m.Owner) > maxOwnerBytes || i > 0 && s.Members[i-1].Owner >= m.Owner {
			return fmt.Errorf("owner %.210q is not one, or not in its place", m.Owner)
		}
		for j, l := range m.Held {
			switch {
			case l.Shard < 0 || l.Shard >= s.Shards || j > 0 && m.Held[j-1].Shard > l.Shard:
				return fmt.Errorf("shard %d of owner %q is not one of %d, or not in its place", l.Shard, m.Owner, s.Shards)
			case holders[l.Shard] != "":
				return fmt.Errorf("shard %d is held by %q and by %q", l.Shard, holders[l.Shard], m.Owner)
			case l.Token < 1 || l.Token > s.Token:
				return fmt.Errorf("token %d of shard %d was not granted, the highest is %d", l.Token, l.Shard, s.Token)
			case tokens[l.Token] != "":
				return fmt.Errorf("token %d is held by %q and by %q", l.Token, tokens[l.Token], m.Owner)
			}
			holders[l.Shard], tokens[l.Token] = m.Owner, m.Owner
		}
	}
	return nil
}

// Answer settles a request on an encoded state, and returns the encoded state that follows.
func Answer(stored []byte, now time.Time, r eventstore.LeaseRequest) (next []byte, grant eventstore.LeaseGrant, err error) {
	state, err := Decode(stored)
	if err != nil {
		return nil, eventstore.LeaseGrant{}, fmt.Errorf("group %q: %w", r.Group, err)
	}
	settled, grant, err := Settle(state, now, r)
	if err != nil {
		return nil, eventstore.LeaseGrant{}, err
	}
	if next, err = settled.Encode(); err != nil {
		return nil, eventstore.LeaseGrant{}, err
	}
	return next, grant, nil
}
