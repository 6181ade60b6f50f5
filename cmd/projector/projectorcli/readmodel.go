package projectorcli

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
)

// asOfView says what a list is as of.
type asOfView struct {
	Position   eventstore.Position `json:"position"`
	CaughtUpAt time.Time           `json:"caught_up_at,omitzero"`
	State      projection.State    `json:"state"`
	SetAside   int                 `json:"set_aside,omitempty"` // streams that are listed as they were before that
}

func asOf(s projection.Status) asOfView {
	return asOfView{Position: s.Position, CaughtUpAt: s.CaughtUpAt, State: s.State, SetAside: s.Quarantined}
}

// readModel opens the read models for reading only, and closes them when use returns.
func (a *app) readModel(ctx context.Context, use func(*sql.DB) error) (err error) {
	db, err := dataDir(a.data).openReadModel(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(db.Read)
}

// noteAsOf tells what a list is as of where it does not stand in the list itself.
func (a *app) noteAsOf(v asOfView) {
	if v.SetAside > 0 {
		a.note("%d of the streams cannot be read on and are listed as they were before that: see projector projections list", v.SetAside)
	}
	if v.State == projection.StateLive {
		a.note("as of position %s, kept up to date", v.Position)
		return
	}
	a.note("as of position %s, caught up at %s; its projector is %s", v.Position, instant(v.CaughtUpAt), v.State)
}
