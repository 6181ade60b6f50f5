package sagaview

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/skaldgo/skald/projection"
)

// Page is a part of the sagas that a query chooses, the one started last first. A saga is on one page only, however
// many start while the pages are read.
type Page struct {
	Sagas []Saga `json:"sagas"`
	// Next is the cursor of the next page, "" when there is none.
	Next string `json:"next,omitempty"`
	// AsOf is how far the read model was when the page was read.
	AsOf projection.Status `json:"-"`
}

// List reads one page in one transaction, so that the page and its AsOf belong together. It writes nothing.
func List(ctx context.Context, db *sql.DB, q Query) (Page, error) {
	limit, err := checkLimit(q.Limit)
	if err != nil {
		return Page{}, err
	}
	where, args, err := q.conditions()
	if err != nil {
		return Page{}, err
	}
	page := Page{Sagas: []Saga{}}
	err = read(ctx, db, func(tx *sql.Tx, asOf projection.Status) error {
		page.AsOf = asOf
		query := "SELECT " + sagaValues + ", " + isStuck + " FROM sagas WHERE " + where +
			" ORDER BY started_at DESC, saga_name DESC, saga_id DESC LIMIT " + strconv.Itoa(limit+1)
		return each(ctx, tx, query, args, func(scan func(...any) error) error {
			var row sagaRow
			var stuck bool
			if err := scan(append(row.fields(), &stuck)...); err != nil {
				return err
			}
			s, err := row.saga()
			s.Stuck = stuck
			page.Sagas = append(page.Sagas, s)
			return err
		})
	})
	if err != nil {
		return Page{}, err
	}
	if len(page.Sagas) > limit {
		page.Sagas = page.Sagas[:limit]
		last := page.Sagas[limit-1]
		page.Next = cursor{last.StartedAt.UnixMilli(), last.Name, last.ID}.String()
	}
	return page, nil
}
