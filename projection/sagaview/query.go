package sagaview

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/saga"
)

// ErrInvalidQuery: a query asks for something that cannot be, for instance a state that does not exist.
var ErrInvalidQuery = errors.New("invalid query")

// MaxLimit is the most sagas that one page holds, DefaultLimit what it holds when no limit is given.
const (
	MaxLimit     = 1000
	DefaultLimit = 100
)

// Saga is one row of the table sagas. Instants are zero when they are not known.
type Saga struct {
	Name             string     `json:"name"`
	ID               string     `json:"id"`
	State            saga.State `json:"state"`
	Parked           bool       `json:"parked"`
	Stuck            bool       `json:"stuck"`
	Version          int        `json:"version"`
	CorrelationID    string     `json:"correlation_id"`
	Revision         int64      `json:"revision"`
	Step             string     `json:"step,omitempty"`
	Direction        string     `json:"direction,omitempty"`
	Attempt          int        `json:"attempt,omitempty"`
	StepsTotal       int        `json:"steps_total"`
	StepsDone        int        `json:"steps_done"`
	StepsCompensated int        `json:"steps_compensated"`
	FailedStep       string     `json:"failed_step,omitempty"`
	Reason           string     `json:"reason,omitempty"`
	LastError        string     `json:"last_error,omitempty"`
	WaitsFor         string     `json:"waits_for,omitempty"`
	NextDue          time.Time  `json:"next_due,omitzero"`
	StartedAt        time.Time  `json:"started_at"`
	UpdatedAt        time.Time  `json:"updated_at"`
	EndedAt          time.Time  `json:"ended_at,omitzero"`
}

// Query chooses sagas. The zero value chooses all of them. Conditions hold together.
type Query struct {
	Names  []string     // any of these
	States []saga.State // any of these
	// Open chooses sagas that have not ended.
	Open   bool
	Stuck  bool
	Parked bool
	ID     string // exactly this id, whatever the name
	Limit  int    // 0 means DefaultLimit; at most MaxLimit
	// Cursor is the Next of an earlier page of the same query.
	Cursor string
}

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
func List(ctx context.Context, db *sql.DB, q Query) (page Page, err error) {
	where, args, err := q.conditions()
	if err != nil {
		return Page{}, err
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Page{}, fmt.Errorf("list sagas: %w", err)
	}
	defer func() { err = errors.Join(err, ignoreDone(tx.Rollback())) }()
	if page.AsOf, err = projection.ReadStatus(ctx, tx, Name, time.Now()); err != nil {
		return Page{}, err
	}
	if page.AsOf.Version == 0 {
		return page, fmt.Errorf("list sagas: %w", ErrNoReadModel)
	}
	limit := q.limit()
	rows, err := tx.QueryContext(ctx, "SELECT "+sagaValues+", (saga_name, saga_id) IN (SELECT saga_name, saga_id FROM stuck_sagas) FROM sagas"+
		where+fmt.Sprintf(" ORDER BY started_at DESC, saga_name DESC, saga_id DESC LIMIT %d", limit+1), args...)
	if err != nil {
		return Page{}, fmt.Errorf("list sagas: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if len(page.Sagas) == limit {
			last := page.Sagas[limit-1]
			page.Next = cursor{last.StartedAt.UnixMilli(), last.Name, last.ID}.String()
			break
		}
		var row sagaRow
		stuck := false
		if err := rows.Scan(append(row.fields(), &stuck)...); err != nil {
			return Page{}, fmt.Errorf("list sagas: %w", err)
		}
		s, err := row.saga()
		if err != nil {
			return Page{}, err
		}
		s.Stuck = stuck
		page.Sagas = append(page.Sagas, s)
	}
	return page, rows.Err()
}

// ErrNoReadModel: no projector has made the tables yet.
var ErrNoReadModel = errors.New("there is no read model of sagas yet: run a projector first")

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func (q Query) limit() int {
	if q.Limit == 0 {
		return DefaultLimit
	}
	return q.Limit
}

// conditions returns the WHERE clause of the query. Values travel as parameters only.
func (q Query) conditions() (string, []any, error) {
	if q.Limit < 0 || q.Limit > MaxLimit {
		return "", nil, fmt.Errorf("limit %d is not between 1 and %d: %w", q.Limit, MaxLimit, ErrInvalidQuery)
	}
	var parts []string
	var args []any
	oneOf := func(column string, values []any) {
		marks := make([]string, len(values))
		for i, v := range values {
			args = append(args, v)
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		parts = append(parts, column+" IN ("+strings.Join(marks, ", ")+")")
	}
	if len(q.Names) > 0 {
		oneOf("saga_name", anys(q.Names))
	}
	if len(q.States) > 0 {
		names := make([]any, len(q.States))
		for i, s := range q.States {
			names[i] = s.String()
		}
		oneOf("state", names)
	}
	if q.ID != "" {
		oneOf("saga_id", []any{q.ID})
	}
	if q.Open {
		parts = append(parts, "ended_at IS NULL")
	}
	if q.Stuck {
		parts = append(parts, "(saga_name, saga_id) IN (SELECT saga_name, saga_id FROM stuck_sagas)")
	}
	if q.Parked {
		parts = append(parts, "(saga_name, saga_id) IN (SELECT saga_name, saga_id FROM saga_parked)")
	}
	if q.Cursor != "" {
		c, err := parseCursor(q.Cursor)
		if err != nil {
			return "", nil, err
		}
		n := len(args)
		args = append(args, c.startedAt, c.name, c.id)
		parts = append(parts, fmt.Sprintf("(started_at, saga_name, saga_id) < ($%d, $%d, $%d)", n+1, n+2, n+3))
	}
	if len(parts) == 0 {
		return "", nil, nil
	}
	return " WHERE " + strings.Join(parts, " AND "), args, nil
}

func anys[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// cursor is the place behind the last saga of a page.
type cursor struct {
	startedAt int64
	name, id  string
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d/%s/%s", c.startedAt, c.name, c.id))
}

func parseCursor(text string) (cursor, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	at, rest, found := strings.Cut(string(raw), "/")
	name, id, foundID := strings.Cut(rest, "/")
	c := cursor{name: name, id: id}
	if _, scanErr := fmt.Sscanf(at, "%d", &c.startedAt); err != nil || !found || !foundID || scanErr != nil {
		return cursor{}, fmt.Errorf("cursor %q is none that a page gave: %w", text, ErrInvalidQuery)
	}
	return c, nil
}
