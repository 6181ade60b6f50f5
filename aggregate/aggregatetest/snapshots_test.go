package aggregatetest_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate/aggregatetest"
)

// keptPayment is a Payment that can be kept, well or badly.
type keptPayment struct {
	Payment
	forgets string
}

func (p *keptPayment) SnapshotSchema() int { return 1 }

func (p *keptPayment) MarshalSnapshot() ([]byte, error) {
	if p.forgets == "how to write" {
		return nil, errors.New("no pen")
	}
	return json.Marshal([]any{p.paid, p.refunded && p.forgets != "a field"})
}

func (p *keptPayment) UnmarshalSnapshot(state []byte) error {
	if p.forgets == "how to read" {
		return errors.New("no glasses")
	}
	return json.Unmarshal(state, &[]any{&p.paid, &p.refunded})
}

func requireSnapshots(t testing.TB, forgets string) {
	aggregatetest.RequireSnapshots[Command, Event](t, func() *keptPayment { return &keptPayment{forgets: forgets} },
		Paid{Cents: 5}, Refunded{Cents: 5})
}

func TestSnapshotsThatKeepEverythingPass(t *testing.T) { requireSnapshots(t, "nothing") }

func TestSnapshotsThatLoseSomethingAreReported(t *testing.T) {
	for forgets, says := range map[string]string{
		"a field":      "restored after 2 events",
		"how to write": "cannot be kept after 0 events: no pen",
		"how to read":  "kept after 0 events cannot be restored: no glasses",
	} {
		said := failure(t, func(t testing.TB) { requireSnapshots(t, forgets) })
		require.Contains(t, said, says)
	}
}
