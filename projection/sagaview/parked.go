package sagaview

import (
	"context"
	"database/sql"
	"time"

	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/saga"
)

// Parked is one row of saga_parked: something that waits for a person.
type Parked struct {
	Name string `json:"name"`
	ID   string `json:"id"`
	// Revision is that of the saga when it was parked: what a redrive must have seen, unless more has happened since.
	Revision  int64           `json:"revision"`
	Step      string          `json:"step"`
	Direction string          `json:"direction"`
	Reason    saga.ParkReason `json:"reason"`
	Attempts  int             `json:"attempts"`
	ParkedAt  time.Time       `json:"parked_at"`
	Error     string          `json:"error,omitempty"`
	Remedy    string          `json:"remedy"`
}

// ParkedPage is what waits for a person, longest first.
type ParkedPage struct {
	Parked []Parked `json:"parked"`
	// More: there is more than the limit allowed for.
	More bool `json:"more"`
	// AsOf is how far the read model was when the page was read.
	AsOf projection.Status `json:"-"`
}

// ListParked reads what waits for a person: parked sagas, and steps that were found to have happened after the end of
// their saga. At most limit entries, 0 means DefaultLimit, at most MaxLimit. It writes nothing.
func ListParked(ctx context.Context, db *sql.DB, limit int) (ParkedPage, error) {
	limit, err := checkLimit(limit)
	if err != nil {
		return ParkedPage{}, err
	}
	page := ParkedPage{Parked: []Parked{}}
	err = read(ctx, db, func(tx *sql.Tx, asOf projection.Status) error {
		page.AsOf = asOf
		return each(ctx, tx, `SELECT saga_name, saga_id, revision, step, direction, reason, attempts, parked_at,
	COALESCE(error, ''), remedy FROM saga_parked ORDER BY parked_at, saga_name, saga_id, step, direction LIMIT $1`,
			[]any{limit + 1}, func(scan func(...any) error) error {
				var p Parked
				var at int64
				err := scan(&p.Name, &p.ID, &p.Revision, &p.Step, &p.Direction, &p.Reason, &p.Attempts, &at, &p.Error, &p.Remedy)
				p.ParkedAt = time.UnixMilli(at).UTC()
				page.Parked = append(page.Parked, p)
				return err
			})
	})
	if err != nil {
		return ParkedPage{}, err
	}
	if page.More = len(page.Parked) > limit; page.More {
		page.Parked = page.Parked[:limit]
	}
	return page, nil
}
