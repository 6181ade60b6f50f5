package sagatest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// check tells everything that is wrong with a world in which all has come to its end.
func (w *world) check() error {
	var errs []error
	config := verify.Config{Replay: true}
	if w.ledger != nil {
		config.Ledger = w.ledger
	}
	report, err := verify.Log(context.Background(), w.store.Store, config)
	errs = append(errs, err)
	for _, v := range report.Violations {
		errs = append(errs, errors.New(v.String()))
	}
	for _, c := range w.clients {
		loaded, err := w.load(c.ref)
		if err != nil {
			errs = append(errs, fmt.Errorf("read %s at the end: %w", c.ref, err))
			continue
		}
		errs = append(errs, w.reversed(c.ref))
		if w.invariant != nil {
			if err := w.invariant(loaded.Aggregate); err != nil {
				errs = append(errs, fmt.Errorf("invariant of %s, which has %s: %w", c.ref, loaded.Aggregate.State(), err))
			}
		}
	}
	return errors.Join(errs...)
}

// reversed checks that the compensations of a saga began in the exact reverse order of the actions. It looks at nothing
// but the order of the events.
func (w *world) reversed(ref saga.Ref) error {
	var done, undone []string
	for ev, err := range w.store.Store.ReadStream(context.Background(), ref.Stream(), 0, eventstore.Forwards) {
		if err != nil {
			return err
		}
		value, err := w.registry.Decode(ev.Type, 1, ev.Data)
		if err != nil {
			return err
		}
		switch e := value.(type) {
		case saga.StepStarted:
			done = addNew(done, e.Step)
		case saga.CompensationStarted:
			undone = addNew(undone, e.Step)
		}
	}
	at := len(done)
	for _, step := range undone {
		for at--; at >= 0 && done[at] != step; at-- {
		}
		if at < 0 {
			return fmt.Errorf("compensations of %s ran as %s, its actions as %s",
				ref, strings.Join(undone, ", "), strings.Join(done, ", "))
		}
	}
	return nil
}

// addNew appends a name that is not in the list.
func addNew(list []string, name string) []string {
	for _, known := range list {
		if known == name {
			return list
		}
	}
	return append(list, name)
}
