package aggregatetest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/skaldgo/skald/aggregate"
)

// History is an aggregate to which events have happened.
type History[C, E any] struct {
	t         testing.TB
	aggregate aggregate.Aggregate[C, E]
}

// Given takes an aggregate before its first event and lets the events happen to it. No event at all is a history as well;
// only then can the types of command and event be left out.
func Given[C, E any](t testing.TB, agg aggregate.Aggregate[C, E], events ...E) History[C, E] {
	t.Helper()
	for _, event := range events {
		agg.Evolve(event)
	}
	return History[C, E]{t: t, aggregate: agg}
}

// When lets the aggregate decide on a command. What must follow is said by one of the methods of the Decision; the
// events decided do not happen to the aggregate.
func (h History[C, E]) When(command C) Decision[E] {
	h.t.Helper()
	before := describe(h.aggregate)
	events, err := h.aggregate.Decide(command)
	again, errAgain := h.aggregate.Decide(command)
	if !reflect.DeepEqual(events, again) || (err == nil) != (errAgain == nil) {
		h.t.Fatalf("Decide is not pure: asked twice about %s it gave\n%s\nand then\n%s",
			describe(command), outcome(events, err), outcome(again, errAgain))
	}
	if after := describe(h.aggregate); after != before {
		h.t.Fatalf("Decide is not pure: on %s it changed the aggregate from\n\t%s\nto\n\t%s",
			describe(command), before, after)
	}
	return Decision[E]{t: h.t, command: describe(command), events: events, err: err}
}

// Decision is what an aggregate answered to a command.
type Decision[E any] struct {
	t       testing.TB
	command string
	events  []E
	err     error
}

// Then demands that the command caused exactly these events, in this order; without any it is ThenNothing. Events are
// equal as reflect.DeepEqual has it.
func (d Decision[E]) Then(events ...E) {
	d.t.Helper()
	same := len(events) == len(d.events) && d.err == nil
	for i := 0; same && i < len(events); i++ {
		same = reflect.DeepEqual(events[i], d.events[i])
	}
	if !same {
		d.fail(outcome(events, nil))
	}
}

// ThenError demands that the command was refused with an error that matches target, as errors.Is has it.
func (d Decision[E]) ThenError(target error) {
	d.t.Helper()
	if !errors.Is(d.err, target) || d.err == nil {
		d.fail(fmt.Sprintf("\terror: %v", target))
	}
	if len(d.events) > 0 {
		d.t.Fatalf("%s was refused, and yet decided\n%s", d.command, outcome(d.events, d.err))
	}
}

// ThenNothing demands that the command was accepted and caused no event.
func (d Decision[E]) ThenNothing() {
	d.t.Helper()
	if len(d.events) > 0 || d.err != nil {
		d.fail(outcome[E](nil, nil))
	}
}

func (d Decision[E]) fail(want string) {
	d.t.Helper()
	d.t.Fatalf("%s: got\n%s\nwant\n%s", d.command, outcome(d.events, d.err), want)
}

func outcome[E any](events []E, err error) string {
	var lines []string
	for _, event := range events {
		lines = append(lines, "\t"+describe(event))
	}
	if err != nil {
		lines = append(lines, "\terror: "+err.Error())
	}
	if len(lines) == 0 {
		return "\tnothing"
	}
	return strings.Join(lines, "\n")
}

// describe follows a pointer, so that the text tells the contents and not the address.
func describe(v any) string {
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
		return fmt.Sprintf("%s%+v", value.Type(), value)
	}
	return fmt.Sprintf("%T%+v", v, v)
}
