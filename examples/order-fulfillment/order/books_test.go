package order_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
)

// threeOrders fulfils A and B, and undoes C after its confirmation.
func threeOrders(t *testing.T) (shop, map[string]bool) {
	t.Helper()
	s := openShop(t)
	for _, id := range []string{"A", "B", "C"} {
		require.NoError(t, fulfil(t, s, sound(id)))
	}
	all := effects()
	for _, e := range slices.Backward(all) {
		require.NoError(t, e.undo(t.Context(), s, backward(sound("C"), e.step), nil))
	}
	return s, map[string]bool{"A": true, "B": true, "C": false}
}

func TestBooksOfWholeOrdersBalance(t *testing.T) {
	s, outcomes := threeOrders(t)
	outcomes["D"] = false // failed before it did anything
	report := s.check(t, outcomes)
	require.NoError(t, report.Err())
	require.Equal(t, 2, report.Fulfilled)
	require.Equal(t, 2, report.Undone)
	require.EqualValues(t, 3*6270, report.Charged)
	require.EqualValues(t, 6270, report.Refunded)
	require.EqualValues(t, 2*6270, report.FulfilledValue)
	require.EqualValues(t, 10, report.Reserved)
	require.EqualValues(t, 2, report.Shipments)
	require.EqualValues(t, 2, report.Confirmations)
	require.EqualValues(t, 1, report.Notices)
	require.NoError(t, s.check(t, nil).Err())
}

func TestTheBooksAreReadWithoutTheServices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "services.db")
	services, err := order.Open(t.Context(), order.Config{Path: path})
	require.NoError(t, err)
	require.NoError(t, fulfil(t, services, sound("A")))
	require.NoError(t, services.Close())

	books, err := order.OpenBooks(t.Context(), path)
	require.NoError(t, err)
	defer func() { require.NoError(t, books.Close()) }()
	report, err := books.Check(t.Context())
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Equal(t, 1, report.Fulfilled)
}

func TestTheBooksContradictAWrongOutcome(t *testing.T) {
	s, _ := threeOrders(t)
	report := s.check(t, map[string]bool{"A": false, "B": true, "C": true, "E": true})
	require.ErrorIs(t, report.Err(), order.ErrUnbalanced)
	require.Equal(t, []string{"A " + string(order.NotUndone), "C " + string(order.NotFulfilled),
		"E " + string(order.NotFulfilled)}, kinds(report))
}

func TestAnOrderUnderWayIsFoundHalfDone(t *testing.T) {
	s := openShop(t)
	all := effects()
	for i, e := range all {
		require.NoError(t, s.check(t, nil).Err())
		o := sound(string(rune('A' + i)))
		_, err := e.do(t.Context(), s, forward(o, e.step))
		require.NoError(t, err)
		require.Equal(t, []string{o.ID + " " + string(order.HalfDone)}, kinds(s.check(t, nil)))
		require.NoError(t, e.undo(t.Context(), s, backward(o, e.step), nil))
	}
}

// imbalance is a change to the books of threeOrders and what the check must find in them.
type imbalance struct {
	name    string
	tamper  []string
	finds   []string
	unknown bool // whether outcomes are kept from the check
}

func TestEveryKindOfImbalanceIsNamed(t *testing.T) {
	for _, test := range slices.Concat(undoneOrNot(), tooOften(), miscounted()) {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, outcomes := threeOrders(t)
			if test.unknown {
				outcomes = nil
			}
			require.NoError(t, s.check(t, outcomes).Err())
			s.tamper(t, test.tamper...)
			report := s.check(t, outcomes)
			require.ErrorIs(t, report.Err(), order.ErrUnbalanced)
			require.Equal(t, test.finds, kinds(report))
			require.Contains(t, report.Err().Error(), string(report.Violations[0].Kind))
		})
	}
}

// undoneOrNot are effects that should have been undone, and others that should not.
func undoneOrNot() []imbalance {
	return []imbalance{
		{"a completed order whose goods were put back", []string{
			"UPDATE reservations SET released_by = key WHERE order_id = 'A'",
		}, []string{" stock mismatch", " stock mismatch", "A completed but not fulfilled", "A key mismatch"}, false},
		{"goods put back for a completed order, without outcomes", []string{
			"UPDATE reservations SET released_by = key WHERE order_id = 'A'",
		}, []string{" stock mismatch", " stock mismatch", "A half done", "A key mismatch"}, true},
		{"a failed order whose goods are still held", []string{
			"UPDATE reservations SET released_by = NULL WHERE order_id = 'C'",
		}, []string{" stock mismatch", " stock mismatch", "C failed but not undone", "C key mismatch"}, false},
		{"a refund that is missing", []string{"DELETE FROM refunds"},
			[]string{"C failed but not undone", "C key mismatch"}, false},
		{"a refund of less than was charged", []string{"UPDATE refunds SET amount = amount - 1"},
			[]string{"C wrong amount"}, false},
		{"a charge of more than the goods cost", []string{"UPDATE payments SET amount = amount + 1 WHERE order_id = 'A'"},
			[]string{"A wrong amount"}, false},
		{"goods of another price", []string{"UPDATE reservation_lines SET unit_price = 1 WHERE reservation = 1"},
			[]string{"A wrong amount"}, false},
	}
}

// tooOften are effects that came twice, or without cause.
func tooOften() []imbalance {
	const unlinked = "SELECT 'stray', operation, order_id, request, result, at FROM effects WHERE key LIKE '%/A/"
	return []imbalance{
		{"a card charged twice", []string{
			"INSERT INTO effects " + unlinked + "process_payment/action'",
			"INSERT INTO payments (key, order_id, card_token, amount) VALUES ('stray', 'A', 'tok', 6270)",
		}, []string{"A completed but not fulfilled", "A done twice"}, false},
		{"a parcel sent twice, without outcomes", []string{
			"INSERT INTO effects " + unlinked + "create_shipment/action'",
			"INSERT INTO shipments SELECT 99, 'stray', order_id, street, city, postal_code, country, NULL" +
				" FROM shipments WHERE order_id = 'A'",
		}, []string{"A done twice"}, true},
		{"a parcel of a failed order that was not called back", []string{
			"UPDATE shipments SET cancelled_by = NULL WHERE order_id = 'C'",
		}, []string{"C failed but not undone", "C key mismatch"}, false},
		{"a parcel of a completed order that was called back", []string{
			"UPDATE shipments SET cancelled_by = key WHERE order_id = 'B'",
		}, []string{"B completed but not fulfilled", "B key mismatch"}, false},
		{"a confirmation that was not revoked", []string{"DELETE FROM messages WHERE kind = 'cancellation'"},
			[]string{"C failed but not undone", "C key mismatch"}, false},
		{"a notice without a confirmation", []string{
			"INSERT INTO effects (key, operation, order_id, request, result, at)" +
				" VALUES ('stray', 'notifications.revoke', 'Z', x'', '{}', 0)",
			"INSERT INTO messages (key, order_id, kind, recipient) VALUES ('stray', 'Z', 'cancellation', 'z@example.com')",
		}, []string{"Z notice without confirmation"}, false},
	}
}

// miscounted are goods and keys that do not add up.
func miscounted() []imbalance {
	return []imbalance{
		{"pieces that vanished from a shelf", []string{"UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 'MUG-STONEWARE'"},
			[]string{" stock mismatch"}, false},
		{"a delivery that never came", []string{"INSERT INTO deliveries (sku, units) VALUES ('MUG-STONEWARE', 5)"},
			[]string{" stock mismatch"}, false},
		{"a line of a reservation that vanished", []string{"DELETE FROM reservation_lines WHERE reservation = 1 AND line = 1"},
			[]string{" stock mismatch", "A wrong amount"}, false},
		{"an effect without its record", []string{"DELETE FROM messages WHERE order_id = 'B'"},
			[]string{"B completed but not fulfilled", "B key mismatch"}, false},
		{"a record without its effect", []string{"DELETE FROM effects WHERE key LIKE '%/B/create_shipment/action'"},
			[]string{"B key mismatch"}, false},
		{"an effect under the key of another order", []string{
			"UPDATE payments SET order_id = 'B' WHERE order_id = 'A'",
		}, []string{"A completed but not fulfilled", "A key mismatch", "B completed but not fulfilled", "B done twice",
			"B key mismatch"}, false},
	}
}

// kinds lists what a report finds as "ORDER kind".
func kinds(r order.Report) []string {
	var found []string
	for _, v := range r.Violations {
		found = append(found, v.OrderID+" "+string(v.Kind))
	}
	return found
}
