package order_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

// listener is a test that keeps what it is told.
type listener struct{ told []string }

func (*listener) Helper()                        {}
func (*listener) Logf(string, ...any)            {}
func (l *listener) Errorf(f string, args ...any) { l.told = append(l.told, fmt.Sprintf(f, args...)) }

// forgetful thinks that without a receipt nothing was paid.
type forgetful struct{ *memory }

func (f forgetful) RefundPayment(ctx context.Context, call saga.Call[order.Order], receipt *order.Payment) error {
	if receipt == nil {
		return nil
	}
	return f.memory.RefundPayment(ctx, call, receipt)
}

// greedy charges the card whenever it is asked to, whatever the key.
type greedy struct{ *memory }

func (g greedy) ProcessPayment(_ context.Context, call saga.Call[order.Order]) (order.Payment, error) {
	g.charged += call.Data.Total()
	g.keys[call.ActionKey] = &record{result: order.Payment{ID: "PAY", Amount: call.Data.Total()}}
	return order.Payment{ID: "PAY", Amount: call.Data.Total()}, nil
}

func (g greedy) RefundPayment(_ context.Context, call saga.Call[order.Order], _ *order.Payment) error {
	if g.keys[call.ActionKey] == nil || g.keys[call.ActionKey].undone {
		return saga.ErrNothingToCompensate
	}
	g.keys[call.ActionKey].undone = true
	g.refunded += call.Data.Total()
	return nil
}

// leisurely calls parcels back in the evening: when the next one asks for something.
type leisurely struct {
	*memory
	parcels []saga.Call[order.Order]
}

func (l *leisurely) CancelShipment(_ context.Context, call saga.Call[order.Order], _ *order.Shipment) error {
	l.parcels = append(l.parcels, call)
	return nil
}

func (l *leisurely) ReleaseReservation(ctx context.Context, call saga.Call[order.Order], known *order.Reservation) error {
	for _, parcel := range l.parcels {
		_ = l.memory.CancelShipment(ctx, parcel, nil) // nothing to call back is as good
	}
	l.parcels = nil
	return l.memory.ReleaseReservation(ctx, call, known)
}

// brokenServices are each found in their own way: the schedule is one of the shortest that show it.
var brokenServices = []struct {
	name     string
	steps    func(*memory) order.Steps
	schedule sagatest.Schedule
	wrong    string
}{
	{
		"a refund that forgets", func(m *memory) order.Steps { return forgetful{m} },
		sagatest.Schedule{{Kind: sagatest.DoneButTimedOut, Step: order.StepPay, Attempt: 1, Always: true}},
		"charged 6270 and refunded 0, should come to 0",
	},
	{
		"a payment without idempotency", func(m *memory) order.Steps { return greedy{m} },
		sagatest.Schedule{{Kind: sagatest.DoneButTimedOut, Step: order.StepPay, Attempt: 1}},
		"charged 12540 and refunded 0, should come to 6270",
	},
	{
		"a parcel that is called back too late", func(m *memory) order.Steps { return &leisurely{memory: m} },
		sagatest.Schedule{{Kind: sagatest.CancelAfterAppend, Append: 1}},
		"process_payment was undone before create_shipment",
	},
}

func TestBrokenServicesAreFoundWithAScheduleThatShowsIt(t *testing.T) {
	for _, c := range brokenServices {
		t.Run(c.name, func(t *testing.T) {
			l := &listener{}
			report := sagatest.Explore(l, onMemory(c.steps), sagatest.Options{})
			require.ErrorContains(t, report.Err, c.wrong)
			require.Len(t, l.told, 1)
			require.Equal(t, c.schedule, report.Failing)
			requireGolden(t, c.name, l.told[0])

			again := &listener{}
			sagatest.Replay(again, onMemory(c.steps), c.schedule)
			require.Equal(t, l.told, again.told, "the regression test shows the same, to the letter")
			sagatest.Replay(t, onMemory(asTheyAre), c.schedule)
		})
	}
}

// requireGolden compares what was printed with the file that a person has read and found good.
func requireGolden(t *testing.T, name, told string) {
	t.Helper()
	path := filepath.Join("testdata", "explore", strings.ReplaceAll(name, " ", "_")+".txt")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(told), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), told)
}
