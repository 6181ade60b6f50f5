package projection

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// State is what a projection is doing.
type State string

// The states of a projection.
const (
	// StateLive: it follows the log and is at its head, or was within the last heartbeats.
	StateLive State = "live"
	// StateCatchingUp: it is applying events on its way to the head.
	StateCatchingUp State = "catching up"
	// StateRebuilding: a rebuild is running and nobody keeps the old read model up to date meanwhile.
	StateRebuilding State = "rebuilding"
	// StateStopped: nobody writes it. LastError says why, if it was an error; a Holder without a sign of life has died.
	StateStopped State = "stopped"
)

// Role is what a projector is to a read model.
type Role string

// The roles of a projector; one that does not run has none.
const (
	// RoleLive: it is the one that writes.
	RoleLive Role = "live"
	// RoleStandingBy: it waits to take the read model over.
	RoleStandingBy Role = "standing by"
	// RoleRebuilding: it makes the read model anew beside the live one.
	RoleRebuilding Role = "rebuilding"
)

// Standby is a projector that waits to take a read model over.
type Standby struct {
	Holder string
	Since  time.Time // by the clock of the read model's database
}

// Status is how far a projection is, as found in the read model's database: all but StandingBy in one statement.
type Status struct {
	Name    string
	Version int // that the read model was made by, 0 when there is none yet
	State   State
	// Holder names the projector that writes it, or that died while it did.
	Holder string
	// StandingBy lists the projectors that wait for it to end, those that came first before others.
	StandingBy []Standby
	LogID      string
	// Position is that of the checkpoint: what the read model is as of.
	Position eventstore.Position
	// EventsApplied counts the events whose effect is in the read model.
	EventsApplied int64
	// Quarantined counts the streams that were set aside. See ReadQuarantine.
	Quarantined int
	// CaughtUpAt: every event that had been recorded by then has been applied. Zero when it never was caught up.
	CaughtUpAt time.Time
	// UpdatedAt is the last sign of life.
	UpdatedAt time.Time
	// LastError is why the projection stopped, empty since it applied events again.
	LastError string
	// Rebuild is the progress of a rebuild that is running, nil when there is none.
	Rebuild *RebuildStatus

	// What follows is known from Projector.Status, which asks the log, and not from ReadStatus.

	// Role is what this Projector itself is, empty when neither Run nor CatchUp nor Rebuild runs.
	Role Role

	// Head is the position of the log's last event.
	Head eventstore.Position
	// Lag is the age of the oldest event that is not yet applied, 0 when there is none.
	Lag time.Duration
	// LagEvents is how many events of the log lie behind the checkpoint, whether or not the projection's filter chooses
	// them; -1 when the store's positions do not count events (eventstore.Counted).
	LagEvents int64
	// RebuildNeeded is the ErrRebuildNeeded that Run would return, nil when it would not.
	RebuildNeeded error
}

// RebuildStatus is how far a rebuild is.
type RebuildStatus struct {
	Holder        string
	Position      eventstore.Position
	EventsApplied int64
	UpdatedAt     time.Time
}

// Status reads how far the projection is and compares it with the log. It writes nothing, so any process may ask.
func (p *Projector) Status(ctx context.Context) (Status, error) {
	s, err := readStatus(ctx, p.cfg.DB, p.spec.Name, p.clock(), p.isOf)
	if err != nil {
		return s, err
	}
	log, err := p.readLog(ctx)
	if err != nil {
		return s, fmt.Errorf("status of projection %q: %w", s.Name, err)
	}
	s.Head = log.head
	after := eventstore.Position{}
	if s.Version != 0 {
		c := checkpoint{version: s.Version, logID: s.LogID, position: s.Position}
		if s.RebuildNeeded = p.fits(&c, log); s.RebuildNeeded == nil {
			after = s.Position
		}
	}
	s.LagEvents = -1
	if counted, ok := p.cfg.Store.(eventstore.Counted); ok {
		s.LagEvents = counted.EventsBetween(after, s.Head)
	}
	oldest, behind, err := p.next(ctx, after)
	if err != nil {
		return s, fmt.Errorf("status of projection %q: %w", s.Name, err)
	}
	if behind {
		s.Lag = max(p.clock().Sub(oldest.RecordedAt), 0)
	}
	return s, nil
}

// ReadStatus reads how far a projection is from the tables alone; now tells a projector that is alive from one that has
// died. Within a transaction that also reads the projection's tables, Position is what their rows are as of. It writes
// nothing. A projection that never ran has Version 0 and StateStopped.
func ReadStatus(ctx context.Context, q Querier, projection string, now time.Time) (Status, error) {
	return readStatus(ctx, q, projection, now, func(string) bool { return false })
}

func readStatus(ctx context.Context, q Querier, projection string, now time.Time, mine func(token string) bool) (Status, error) {
	s := Status{Name: projection, State: StateStopped}
	live, rebuild, err := readCheckpoints(ctx, q, projection)
	if isNoTable(err) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("status of projection %q: %w", projection, err)
	}
	alive := func(c *checkpoint) bool { return now.Sub(c.updatedAt) <= abandonedAfter }
	if rebuild != nil && alive(rebuild) {
		s.Rebuild = &RebuildStatus{rebuild.holder, rebuild.position, rebuild.eventsApplied, rebuild.updatedAt}
	}
	if live != nil {
		s.Version, s.Holder, s.LogID, s.Position = live.version, live.holder, live.logID, live.position
		s.EventsApplied, s.Quarantined, s.LastError = live.eventsApplied, live.quarantined, live.lastError
		s.CaughtUpAt, s.UpdatedAt = live.caughtUpAt, live.updatedAt
		if alive(live) {
			s.State = live.state
		}
	}
	if s.Rebuild != nil && s.State == StateStopped {
		s.State = StateRebuilding
	}
	return s, s.readRunners(ctx, q, mine)
}

func (s *Status) readRunners(ctx context.Context, q Querier, mine func(token string) bool) error {
	runners, err := readRunners(ctx, q, s.Name, portableNow)
	if isNoTable(err) { // nobody has run it since there are runners
		return nil
	}
	for _, r := range runners {
		if !r.alive() {
			continue
		}
		if r.role == RoleStandingBy {
			s.StandingBy = append(s.StandingBy, Standby{r.holder, r.since})
		}
		if mine(r.id) && s.Role != RoleLive { // the same Projector may run several times
			s.Role = r.role
		}
	}
	if err != nil {
		return fmt.Errorf("status of projection %q: %w", s.Name, err)
	}
	return nil
}

// isNoTable recognises a database in which no projector has run yet. The words are those of SQLite and PostgreSQL.
func isNoTable(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "no such table") || strings.Contains(err.Error(), "does not exist"))
}
