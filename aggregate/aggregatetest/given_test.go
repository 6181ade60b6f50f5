package aggregatetest_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate/aggregatetest"
)

type (
	// Command is Pay or Refund.
	Command any
	// Event is Paid or Refunded.
	Event any

	Pay      struct{ Cents int }
	Refund   struct{}
	Paid     struct{ Cents int }
	Refunded struct{ Cents int }
)

var errNothingPaid = errors.New("nothing was paid")

// Payment is paid once and refunded once.
type Payment struct {
	paid     int
	refunded bool
	decided  int
	impure   string
}

func (p *Payment) Decide(command Command) ([]Event, error) {
	switch p.impure {
	case "changes state":
		p.decided = 1
	case "answers differently":
		p.decided++
		return []Event{Paid{Cents: p.decided}}, nil
	case "refuses and decides":
		return []Event{Paid{}}, errNothingPaid
	}
	switch c := command.(type) {
	case Pay:
		if p.paid > 0 {
			return nil, nil
		}
		return []Event{Paid(c)}, nil
	default:
		if p.paid == 0 {
			return nil, fmt.Errorf("refund: %w", errNothingPaid)
		}
		return []Event{Refunded{Cents: p.paid}}, nil
	}
}

func (p *Payment) Evolve(event Event) {
	switch e := event.(type) {
	case Paid:
		p.paid = e.Cents
	case Refunded:
		p.refunded = true
	}
}

func given(t testing.TB, events ...Event) aggregatetest.History[Command, Event] {
	return aggregatetest.Given[Command, Event](t, &Payment{}, events...)
}

func TestASentenceThatHoldsPasses(t *testing.T) {
	given(t).When(Pay{Cents: 5}).Then(Paid{Cents: 5})
	given(t, Paid{Cents: 5}).When(Refund{}).Then(Refunded{Cents: 5})
	given(t, Paid{Cents: 5}).When(Pay{Cents: 5}).ThenNothing()
	given(t).When(Refund{}).ThenError(errNothingPaid)
}

func TestASentenceThatDoesNotHoldStopsTheTest(t *testing.T) {
	impure := func(t testing.TB, how string) aggregatetest.History[Command, Event] {
		return aggregatetest.Given[Command, Event](t, &Payment{impure: how})
	}
	for _, tc := range []struct {
		name     string
		sentence func(t testing.TB)
		says     string
	}{
		{"another event", func(t testing.TB) { given(t).When(Pay{Cents: 5}).Then(Paid{Cents: 6}) }, "Paid{Cents:5}"},
		{"too many events", func(t testing.TB) { given(t).When(Pay{Cents: 5}).Then(Paid{Cents: 5}, Refunded{}) }, "Refunded"},
		{"an error instead of events", func(t testing.TB) { given(t).When(Refund{}).Then(Refunded{}) }, "nothing was paid"},
		{"an error instead of no events", func(t testing.TB) { given(t).When(Refund{}).Then() }, "nothing was paid"},
		{"an error instead of nothing", func(t testing.TB) { given(t).When(Refund{}).ThenNothing() }, "nothing was paid"},
		{"events instead of nothing", func(t testing.TB) { given(t).When(Pay{Cents: 5}).ThenNothing() }, "want\n\tnothing"},
		{"events instead of an error", func(t testing.TB) { given(t).When(Pay{}).ThenError(errNothingPaid) }, "Paid{Cents:0}"},
		{"another error", func(t testing.TB) { given(t).When(Refund{}).ThenError(errors.ErrUnsupported) }, "unsupported"},
		{"no error, none wanted", func(t testing.TB) { given(t, Paid{Cents: 1}).When(Pay{}).ThenError(nil) }, "got\n\tnothing"},
		{
			"a Decide that refuses and decides",
			func(t testing.TB) { impure(t, "refuses and decides").When(Pay{}).ThenError(errNothingPaid) }, "and yet decided",
		},
		{"a Decide that changes state", func(t testing.TB) { impure(t, "changes state").When(Pay{}) }, "changed the aggregate"},
		{"a Decide with two answers", func(t testing.TB) { impure(t, "answers differently").When(Pay{}) }, "asked twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			said := failure(t, tc.sentence)
			require.Contains(t, said, tc.says)
		})
	}
}

// recorder is a testing.TB that notes the failure.
type recorder struct {
	testing.TB
	said strings.Builder
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	fmt.Fprintf(&r.said, format, args...)
	runtime.Goexit()
}

func failure(t *testing.T, sentence func(testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		sentence(r)
	}()
	<-done
	require.NotEmpty(t, r.said.String(), "the sentence passed")
	return r.said.String()
}
