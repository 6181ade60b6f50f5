package projection

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

const (
	// lookInterval is how often a projector that stands by looks whether it is needed.
	lookInterval = 250 * time.Millisecond
	// announceInterval is how often it says that it is there.
	announceInterval = time.Second
)

// errReached: a catch-up ended because the projector that is live has reached what was its goal.
var errReached = errors.New("the projector that is live is there")

// heldError says whom a projector waits for: the writer of a slot.
type heldError struct {
	slot   string
	token  string
	holder string
}

func (e *heldError) Error() string { return fmt.Sprintf("held by %s", e.holder) }

// call is one call of Run or CatchUp, which is live and stands by in turns.
type call struct {
	p  *Projector
	id string // while it stands by
	// takeOver is true until it has taken the read model over once, as it was told.
	takeOver bool
	// goal ends a catch-up that stands by, when the projector that is live has reached it; nil for Run.
	goal *eventstore.Position

	// token is that of its session, the last one when it has lost the read model.
	token string

	seen        sighting
	announcedAt time.Time
	announced   bool
	troubled    bool
}

// sighting is when a lease was first seen as it is: by this process's own clock, a lease that nobody renews is dead, even
// where the clock of the database was set back.
type sighting struct {
	token    string
	renewals int64
	at       time.Time
}

func (s *sighting) expired(r *runner) bool {
	return r != nil && s.token == r.id && s.renewals == r.renewals && time.Since(s.at) > leaseLength+lookInterval
}

// heldBy returns who else writes the row's slot, nil when this call may.
func (c *call) heldBy(ctx context.Context, q Querier, row *checkpoint) (*heldError, error) {
	if c.takeOver && row.slot == slotLive || row.token == c.token {
		return nil, nil
	}
	runners, err := readRunners(ctx, q, c.p.spec.Name, c.p.cfg.Dialect.now())
	if err != nil {
		return nil, err
	}
	if lease := runnerWith(runners, row.token); !lease.alive() || c.seen.expired(lease) {
		return nil, nil
	}
	return &heldError{row.slot, row.token, row.holder}, nil
}

func orHeld(err error, held *heldError) error {
	if err == nil && held != nil {
		return held
	}
	return err
}

// standBy returns nil as soon as the one who is waited for seems to have gone, or something else needs a closer look.
// When the database is out of reach it goes on looking: nothing depends on this projector yet.
func (c *call) standBy(ctx context.Context, held *heldError) error {
	c.p.log.Info("projector stands by", "for", held.holder, "slot", held.slot)
	look := time.NewTicker(lookInterval)
	defer look.Stop()
	for {
		if err := pause(ctx, look.C); err != nil {
			return err
		}
		needed, err := c.look(ctx, held)
		if needed || errors.Is(err, errReached) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !c.troubled {
			c.p.log.Warn("a projector that stands by cannot look whether it is needed", "error", err)
		}
		c.troubled = err != nil
	}
}

func pause(ctx context.Context, tick <-chan time.Time) error {
	select {
	case <-tick:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *call) look(ctx context.Context, held *heldError) (needed bool, err error) {
	live, rebuild, err := readCheckpoints(ctx, c.p.cfg.DB, c.p.spec.Name)
	if err != nil {
		return false, err
	}
	runners, err := readRunners(ctx, c.p.cfg.DB, c.p.spec.Name, c.p.cfg.Dialect.now())
	if err != nil {
		return false, err
	}
	row := live
	if held.slot == slotRebuild {
		row = rebuild
	}
	if row == nil || row.token != held.token || held.slot == slotLive && row.version != c.p.spec.Version {
		return true, nil
	}
	if c.goal != nil && held.slot == slotLive && !c.goal.After(row.position) {
		return false, errReached
	}
	lease := runnerWith(runners, held.token)
	if !lease.alive() || c.seen.expired(lease) {
		return true, nil
	}
	if c.seen.token != lease.id || c.seen.renewals != lease.renewals {
		c.seen = sighting{lease.id, lease.renewals, time.Now()}
	}
	return false, c.announce(ctx)
}

// announce keeps the row that tells others who stands by.
func (c *call) announce(ctx context.Context) error {
	if time.Since(c.announcedAt) < announceInterval && c.announced {
		return nil
	}
	c.announcedAt, c.announced = time.Now(), true
	var db execer = c.p.cfg.DB
	now := c.p.cfg.Dialect.now()
	if _, err := db.ExecContext(ctx, `INSERT INTO projection_runner (projection, id, role, holder, since, alive_until,
		renewals) VALUES ($1, $2, $3, $4, `+now+`, `+now+` + `+milliseconds(standbyLength)+`, 0)
		ON CONFLICT (projection, id) DO UPDATE SET alive_until = excluded.alive_until, renewals = projection_runner.renewals + 1`,
		c.p.spec.Name, c.id, string(RoleStandingBy), c.p.cfg.Holder); err != nil {
		return fmt.Errorf("say that this projector stands by: %w", err)
	}
	_, err := db.ExecContext(ctx, `DELETE FROM projection_runner WHERE projection = $1 AND alive_until < `+now+` - `+
		milliseconds(forgottenAfter), c.p.spec.Name)
	return err
}

// leave removes the row of a call that ends while it stands by. When that fails the row is soon taken for a dead one's.
func (c *call) leave(ctx context.Context) {
	if !c.announced {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	_, err := c.p.cfg.DB.ExecContext(ctx, `DELETE FROM projection_runner WHERE projection = $1 AND id = $2`, c.p.spec.Name, c.id)
	if err != nil {
		c.p.log.Warn("cannot say that this projector no longer stands by", "error", err)
	}
}

// isOutage recognises a database that is out of reach or busy for now: not one that is full or damaged, which nobody else
// would tell of when the one that stood by stayed silent.
func isOutage(err error) bool {
	var network *net.OpError
	if errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		s := state.SQLState()
		return s == "53300" || strings.HasPrefix(s, "08") || strings.HasPrefix(s, "57")
	}
	var coded interface{ Code() int }
	const busy, locked = 5, 6
	return errors.As(err, &coded) && (coded.Code()&0xff == busy || coded.Code()&0xff == locked)
}
