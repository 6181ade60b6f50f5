package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/skaldgo/skald/eventstore"
)

// Source is what a log is read from. Every eventstore.Store is one.
type Source interface {
	ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
	) iter.Seq2[eventstore.RecordedEvent, error]
}

// Config says what to check beside the rules that need nothing but the log. The zero value checks those.
type Config struct {
	// Progress is called after every 10,000 events and at the end, from the goroutine that called Log.
	Progress func(done eventstore.Position, events int)
	// Ledger holds the effects that participants really had; nil leaves out the rules whose number begins with E.
	Ledger Ledger
	// Seal is what the log is compared with; nil leaves out the rules whose number begins with T.
	Seal *Seal
	// Replay decides every append again with the code of this program and compares (G23). It takes about three times as
	// long as all the rest together. A log that was written by a program which decided differently breaks the rule, and
	// may keep all others.
	Replay bool
	// MaxViolations limits how many violations are kept; all are counted. Default 100.
	MaxViolations int
}

const (
	progressEvery        = 10_000
	defaultMaxViolations = 100
)

func (c *Config) complete() error {
	if c.MaxViolations < 0 {
		return fmt.Errorf("verify config: MaxViolations is %d, it must not be negative", c.MaxViolations)
	}
	if c.MaxViolations == 0 {
		c.MaxViolations = defaultMaxViolations
	}
	return nil
}

// Log reads a log from its beginning to the head as of the first read, once, forwards, and reports every broken rule.
// Others may append meanwhile. A broken rule is no error: see Report.Err. An error means that the log, or the ledger,
// could not be read to its end, or that the config is invalid; the report then tells what was found until then.
func Log(ctx context.Context, source Source, cfg Config) (Report, error) {
	if err := cfg.complete(); err != nil {
		return Report{}, err
	}
	p, err := newPass(ctx, source, cfg)
	if err != nil {
		return Report{}, err
	}
	p.sagas = true
	if cfg.Replay {
		if p.replay, err = newReplay(); err != nil {
			return Report{}, err
		}
	}
	if cfg.Ledger != nil {
		if p.books, err = p.readLedger(ctx, cfg.Ledger); err != nil {
			return Report{}, err
		}
	}
	err = p.read(ctx, source)
	return p.result(), err
}

// read takes in the whole log.
func (p *pass) read(ctx context.Context, source Source) error {
	all := eventstore.Filter{}
	for ev, err := range source.ReadAll(ctx, eventstore.Position{}, eventstore.Forwards, all) {
		if err != nil {
			return fmt.Errorf("read the log behind position %s: %w", p.report.Position, err)
		}
		p.event(&ev)
		if p.cfg.Progress != nil && p.report.Events%progressEvery == 0 {
			p.cfg.Progress(p.report.Position, p.report.Events)
		}
	}
	if err := p.confirmTwins(ctx, source); err != nil {
		return err
	}
	p.end()
	if p.cfg.Progress != nil {
		p.cfg.Progress(p.report.Position, p.report.Events)
	}
	return nil
}

// confirmTwins reads the log once more when two ids looked alike.
func (p *pass) confirmTwins(ctx context.Context, source Source) error {
	if p.ids.suspects == nil {
		return nil
	}
	t := twins{suspects: p.ids.suspects, seen: map[eventstore.EventID]place{}}
	for ev, err := range source.ReadAll(ctx, eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		if err != nil {
			return fmt.Errorf("read the log again: %w", err)
		}
		if first, twice := t.again(&ev); twice {
			p.found.add(ruleIDs, ev.Stream, ev.Revision, "Id %s is also that of %s@%d.", ev.ID, first.stream, first.revision)
		}
	}
	return nil
}

// logID returns the id of the log, "" when its store does not tell it.
func logID(ctx context.Context, source Source) (string, error) {
	identified, ok := source.(eventstore.Identified)
	if !ok {
		return "", nil
	}
	id, err := identified.LogID(ctx)
	if err != nil {
		return "", errors.Join(errors.New("ask for the id of the log"), err)
	}
	return id, nil
}
