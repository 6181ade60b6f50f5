package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
)

// print writes the table and the summary, and reports whether every order has ended and the books balance.
func (f fulfilled) print(w io.Writer, batch order.Batch) bool {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.AppendHeader(table.Row{"order", "outcome", "steps done", "compensated", "time", "why"})
	outcomes, reasons := map[string]int{}, map[string]int{}
	ended := true
	for _, r := range f.results {
		outcome, why := r.outcome(), r.why()
		outcomes[outcome]++
		if why != "" {
			reasons[why]++
		}
		ended = ended && r.refused == nil && r.ending.State.Ended()
		t.AppendRow(table.Row{
			r.order, outcome, r.history.stepsDone, r.history.compensated, r.history.took.Round(time.Millisecond), why,
		})
	}
	t.Render()

	fmt.Fprintf(w, "\n%d orders: %s", len(f.results), counts(outcomes))
	if n := len(batch.Repeated); n > 0 {
		fmt.Fprintf(w, "; %d repeated line(s)", n)
	}
	if n := len(batch.Broken); n > 0 {
		fmt.Fprintf(w, "; %d broken line(s) passed over", n)
	}
	fmt.Fprintln(w)
	for _, why := range byCount(reasons) {
		fmt.Fprintf(w, "  %4d  %s\n", reasons[why], why)
	}
	printBooks(w, f.books)
	return ended && f.books.Err() == nil
}

func printBooks(w io.Writer, b order.Report) {
	if err := b.Err(); err != nil {
		fmt.Fprintf(w, "%v\n", err)
		return
	}
	fmt.Fprintf(w, "books balance: %d orders fulfilled, %d undone\n", b.Fulfilled, b.Undone)
	fmt.Fprintf(w, "  goods  %d delivered = %d on hand + %d reserved\n", b.Delivered, b.OnHand, b.Reserved)
	fmt.Fprintf(w, "  money  %s charged - %s refunded = %s for fulfilled orders\n",
		euros(b.Charged), euros(b.Refunded), euros(b.FulfilledValue))
	fmt.Fprintf(w, "  post   %d parcels under way, %d confirmations, %d cancellation notices\n",
		b.Shipments, b.Confirmations, b.Notices)
}

func (r result) outcome() string {
	switch {
	case r.refused != nil:
		return "refused"
	case r.ending.Parked != nil:
		return "parked"
	}
	return r.ending.State.String()
}

// why says in a few words what kept the order from being fulfilled.
func (r result) why() string {
	var failed *saga.FailedError
	switch {
	case r.refused != nil:
		return "an earlier run had other data under this id"
	case errors.As(r.ending.Err, &failed):
		return failed.Step + ": " + shortReason(failed.Reason)
	case r.ending.Parked != nil:
		return fmt.Sprintf("%s of %s: %s", r.ending.Parked.Direction, r.ending.Parked.Step, r.ending.Parked.Reason)
	}
	return ""
}

// shortReason leaves out what differs from order to order.
func shortReason(reason string) string {
	for _, known := range []error{
		order.ErrNoStock, order.ErrCardDeclined, order.ErrUndeliverable, order.ErrBounced, order.ErrInjected,
	} {
		if strings.Contains(reason, known.Error()) {
			return known.Error()
		}
	}
	return reason
}

func counts(of map[string]int) string {
	var parts []string
	for _, name := range byCount(of) {
		parts = append(parts, fmt.Sprintf("%d %s", of[name], name))
	}
	return strings.Join(parts, ", ")
}

func byCount(of map[string]int) []string {
	return slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b))
	})
}

// euros writes cents as an amount.
func euros(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
