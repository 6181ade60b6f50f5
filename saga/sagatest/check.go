package sagatest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/skaldgo/skald/saga/verify"
)

// rules tells which rules of package verify the log breaks.
func (w *world) rules() error {
	var errs []error
	config := verify.Config{Replay: true}
	if w.ledger != nil {
		config.Ledger = w.ledger
	}
	report, err := verify.Log(context.Background(), w.log, config)
	errs = append(errs, err)
	poisoned := map[string]bool{}
	for _, c := range w.clients {
		if c.poisoned {
			poisoned[c.ref.Stream()] = true
		}
	}
	for _, v := range report.Violations {
		if !poisoned[v.Stream] || v.Rule != ruleReadable {
			errs = append(errs, errors.New(v.String()))
		}
	}
	return errors.Join(errs...)
}

// check tells everything that is wrong with a world in which all has come to its end.
func (w *world) check() error {
	errs := []error{w.rules()}
	for _, c := range w.clients {
		if fault := c.end.Fault(); fault != "" {
			errs = append(errs, fmt.Errorf("the history of %s cannot be that of a saga: %s", c.ref, fault))
			continue
		}
		errs = append(errs, c.reversed(), w.balanced(c))
		if w.invariant != nil && !c.poisoned && c.end.State().Ended() {
			if err := w.invariant(c.end); err != nil {
				errs = append(errs, fmt.Errorf("invariant of %s, which has %s: %w", c.ref, c.end.State(), err))
			}
		}
	}
	return errors.Join(errs...)
}

// ruleReadable is the rule of verify that an event of an unknown type breaks.
const ruleReadable = "G24"

// reversed checks that the compensations of a saga began in the exact reverse order of the actions. It looks at nothing
// but the order of the events.
func (c *client) reversed() error {
	at := len(c.began)
	for _, step := range c.undone {
		for at--; at >= 0 && c.began[at] != step; at-- {
		}
		if at < 0 {
			return fmt.Errorf("compensations of %s ran as %s, its actions as %s",
				c.ref, strings.Join(c.undone, ", "), strings.Join(c.began, ", "))
		}
	}
	return nil
}
