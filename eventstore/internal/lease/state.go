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

// Decode returns the state in an encoded form; nothing at all is the zero State.
func Decode(encoded []byte) (State, error) {
	var s State
	if len(encoded) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(encoded, &s); err != nil {
		return State{}, fmt.Errorf("decode the leases: %w: %w", eventstore.ErrCorrupt, err)
	}
	return s, nil
}

// Encode returns the encoded form.
func (s State) Encode() ([]byte, error) { return json.Marshal(s) }
