package order

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrUnbalanced: the books do not balance. See UnbalancedError.
var ErrUnbalanced = errors.New("the books do not balance")

// ViolationKind names a way in which books can be wrong.
type ViolationKind string

// The kinds of violation.
const (
	// HalfDone: the order has some of its effects and lacks others.
	HalfDone ViolationKind = "half done"
	// DoneTwice: the order was reserved, charged, shipped or confirmed more than once.
	DoneTwice ViolationKind = "done twice"
	// WrongAmount: what the customer paid is not what the goods cost, or not all of it was given back.
	WrongAmount ViolationKind = "wrong amount"
	// NotFulfilled: the order is said to be completed, and the books have less than all of it.
	NotFulfilled ViolationKind = "completed but not fulfilled"
	// NotUndone: the order is said to have failed, and the books have something left of it.
	NotUndone ViolationKind = "failed but not undone"
	// NoticeWithoutConfirmation: the customer was told of the cancellation of something never confirmed.
	NoticeWithoutConfirmation ViolationKind = "notice without confirmation"
	// StockMismatch: what was delivered is not what is on hand and reserved.
	StockMismatch ViolationKind = "stock mismatch"
	// KeyMismatch: an effect has no record, or a record no effect.
	KeyMismatch ViolationKind = "key mismatch"
)

// Violation is one thing that is wrong. OrderID is empty when it concerns no single order.
type Violation struct {
	Kind    ViolationKind
	OrderID string
	SKU     string
	Detail  string
}

func (v Violation) String() string {
	switch {
	case v.OrderID != "":
		return fmt.Sprintf("%s: order %s %s", v.Kind, v.OrderID, v.Detail)
	case v.SKU != "":
		return fmt.Sprintf("%s: %s %s", v.Kind, v.SKU, v.Detail)
	}
	return fmt.Sprintf("%s: %s", v.Kind, v.Detail)
}

// Report is the state of the books at one instant. Money is in cents.
type Report struct {
	// Fulfilled orders have everything, Undone ones nothing left of what they had; both count no violated ones.
	Fulfilled int
	Undone    int
	// Delivered = OnHand + Reserved, in pieces.
	Delivered, OnHand, Reserved int64
	// Charged - Refunded = the value of the fulfilled orders.
	Charged, Refunded, FulfilledValue int64
	// Shipments under way, confirmations in force, and the notices that revoked others.
	Shipments, Confirmations, Notices int64
	// Violations are ordered by order, SKU and kind.
	Violations []Violation
}

// Err returns nil when the books balance, and otherwise an *UnbalancedError.
func (r Report) Err() error {
	if len(r.Violations) == 0 {
		return nil
	}
	return &UnbalancedError{Violations: r.Violations}
}

// UnbalancedError lists what is wrong with the books. It matches ErrUnbalanced.
type UnbalancedError struct{ Violations []Violation }

func (e *UnbalancedError) Error() string {
	const shown = 10
	texts := make([]string, 0, shown+1)
	for i, v := range e.Violations {
		if i == shown {
			texts = append(texts, fmt.Sprintf("and %d more", len(e.Violations)-shown))
			break
		}
		texts = append(texts, v.String())
	}
	return fmt.Sprintf("%v: %s", ErrUnbalanced, strings.Join(texts, "; "))
}

// Is makes errors.Is(err, ErrUnbalanced) true.
func (e *UnbalancedError) Is(target error) bool { return target == ErrUnbalanced }

func (t tally) report(outcomes map[string]bool) Report {
	r := Report{Violations: t.strays}
	for id := range outcomes {
		t.account(id)
	}
	for _, id := range slices.Sorted(maps.Keys(t.orders)) {
		a := *t.orders[id]
		completed, known := outcomes[id]
		found := a.violations(completed, known)
		for _, v := range found {
			v.OrderID = id
			r.Violations = append(r.Violations, v)
		}
		r.add(a, len(found) == 0)
	}
	for _, s := range t.shelves {
		r.Delivered += s.delivered
		r.OnHand += s.onHand
		if s.delivered != s.onHand+s.booked {
			r.Violations = append(r.Violations, Violation{Kind: StockMismatch, SKU: s.sku, Detail: fmt.Sprintf(
				"had %d delivered, but %d are on hand and %d reserved", s.delivered, s.onHand, s.booked)})
		}
	}
	slices.SortStableFunc(r.Violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.OrderID, b.OrderID), cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Kind, b.Kind))
	})
	return r
}

func (r *Report) add(a account, clean bool) {
	r.Reserved += a.units
	r.Charged += a.charged
	r.Refunded += a.refunded
	r.Shipments += a.shipments
	r.Confirmations += a.confirmations
	r.Notices += a.notices
	switch {
	case !clean:
	case a.complete():
		r.Fulfilled++
		r.FulfilledValue += a.value
	default:
		r.Undone++
	}
}

// violations returns what is wrong with one order.
func (a account) violations(completed, known bool) []Violation {
	var found []Violation
	add := func(kind ViolationKind, format string, args ...any) {
		found = append(found, Violation{Kind: kind, Detail: fmt.Sprintf(format, args...)})
	}
	has := fmt.Sprintf("has %d reservation(s), %d payment(s), %d shipment(s) and %d confirmation(s) in force",
		a.reservations, a.payments, a.shipments, a.confirmations)
	twice := max(a.reservations, a.payments, a.shipments, a.confirmations) > 1
	switch {
	case known && completed && !a.complete():
		add(NotFulfilled, "%s", has)
	case known && !completed && !a.empty():
		add(NotUndone, "%s", has)
	case !known && !twice && !a.complete() && !a.empty():
		add(HalfDone, "%s", has)
	}
	if twice {
		add(DoneTwice, "%s", has)
	}
	if a.partRefunds > 0 {
		add(WrongAmount, "was charged %d and refunded %d in %d part(s)", a.charged, a.refunded, a.partRefunds)
	}
	if net := a.charged - a.refunded; a.complete() && net != a.value {
		add(WrongAmount, "paid %d for goods worth %d", net, a.value)
	}
	return found
}
