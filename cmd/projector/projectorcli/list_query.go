package projectorcli

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/skaldgo/skald/saga"
)

const maxLimit = 10_000

// listQuery says which sagas to list.
type listQuery struct {
	status []string
	name   string
	parked bool
	stuck  bool
	limit  int
	after  *listCursor
}

// listCursor is the last saga of a list.
type listCursor struct {
	StartedAt int64  `json:"t"` // milliseconds
	Name      string `json:"n"`
	ID        string `json:"i"`
}

func (c listCursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return "" // not for strings and numbers
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// sagaView is one saga as the read model has it.
type sagaView struct {
	Name             string     `json:"name"`
	ID               string     `json:"id"`
	State            string     `json:"state"`
	Parked           bool       `json:"parked"`
	Stuck            bool       `json:"stuck"`
	Version          int        `json:"version"`
	Revision         int64      `json:"revision"`
	Correlation      string     `json:"correlation_id,omitempty"`
	Step             string     `json:"step,omitempty"`
	Direction        string     `json:"direction,omitempty"`
	Attempt          int64      `json:"attempt,omitempty"`
	StepsTotal       int        `json:"steps_total"`
	StepsDone        int        `json:"steps_done"`
	StepsCompensated int        `json:"steps_compensated"`
	FailedStep       string     `json:"failed_step,omitempty"`
	Reason           string     `json:"reason,omitempty"`
	LastError        string     `json:"last_error,omitempty"`
	WaitsFor         string     `json:"waits_for,omitempty"`
	NextDue          *time.Time `json:"next_due,omitempty"`
	StartedAt        time.Time  `json:"started_at"`
	UpdatedAt        time.Time  `json:"updated_at"`
	EndedAt          *time.Time `json:"ended_at,omitempty"`
}

const (
	isOpen   = "ended_at IS NULL"
	isParked = "parked = 1"
	isStuck  = "(saga_name, saga_id) IN (SELECT saga_name, saga_id FROM stuck_sagas)"
)

// statuses are what --status takes, and the condition that each stands for.
func statuses() map[string]string {
	all := map[string]string{"open": isOpen, "parked": isParked, "stuck": isStuck}
	for _, state := range []saga.State{saga.StateStarted, saga.StatePending, saga.StateCompensating} {
		all[state.String()] = "state = '" + state.String() + "' AND " + isOpen // for the index of what is open
	}
	for _, state := range []saga.State{saga.StateCompleted, saga.StateFailed} {
		all[state.String()] = "state = '" + state.String() + "'"
	}
	return all
}

// check reads what came from the command line.
func (q *listQuery) check(cursor string) error {
	known := statuses()
	for _, status := range q.status {
		if known[status] == "" {
			return usage("use started, pending, compensating, completed, failed, open, parked or stuck",
				"--status %q is unknown", status)
		}
	}
	if q.limit < 1 || q.limit > maxLimit {
		return usage("for more, go on with --cursor", "--limit is %d, it must be between 1 and %d", q.limit, maxLimit)
	}
	if cursor == "" {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		q.after = &listCursor{}
		err = json.Unmarshal(text, q.after)
	}
	if err != nil {
		return usage("take it from the end of the list before", "--cursor %q is none", cursor)
	}
	return nil
}

func (q *listQuery) sql() (query string, args []any) {
	where := []string{"1 = 1"}
	if len(q.status) > 0 {
		known := statuses()
		some := make([]string, 0, len(q.status))
		for _, status := range slices.Compact(slices.Sorted(slices.Values(q.status))) {
			some = append(some, "("+known[status]+")")
		}
		where = append(where, "("+strings.Join(some, " OR ")+")")
	}
	if q.name != "" {
		where = append(where, "saga_name = ?")
		args = append(args, q.name)
	}
	if q.parked {
		where = append(where, isParked)
	}
	if q.stuck {
		where = append(where, isStuck)
	}
	if q.after != nil {
		where = append(where, "(started_at, saga_name, saga_id) < (?, ?, ?)")
		args = append(args, q.after.StartedAt, q.after.Name, q.after.ID)
	}
	return `SELECT saga_name, saga_id, state, parked, ` + isStuck + `, version, revision, correlation_id, step, direction,
		attempt, steps_total, steps_done, steps_compensated, failed_step, reason, last_error, waits_for, next_due,
		started_at, updated_at, ended_at FROM sagas WHERE ` + strings.Join(where, " AND ") +
		` ORDER BY started_at DESC, saga_name DESC, saga_id DESC LIMIT ?`, append(args, q.limit+1)
}

// list returns the sagas of a query, and the cursor to go on after them, empty when there are no more.
func (m *readModel) list(ctx context.Context, q listQuery) (views []sagaView, next string, err error) {
	views = []sagaView{}
	query, args := q.sql()
	err = m.each(ctx, query, args, func(rows *sql.Rows) error {
		v, err := scanSaga(rows)
		views = append(views, v)
		return err
	})
	if len(views) > q.limit {
		views = views[:q.limit]
		end := views[q.limit-1]
		next = listCursor{StartedAt: end.StartedAt.UnixMilli(), Name: end.Name, ID: end.ID}.String()
	}
	return views, next, err
}

func scanSaga(rows *sql.Rows) (sagaView, error) {
	var v sagaView
	var step, direction, failedStep, reason, lastError, waitsFor sql.NullString
	var attempt, nextDue, started, updated, ended sql.NullInt64
	err := rows.Scan(&v.Name, &v.ID, &v.State, &v.Parked, &v.Stuck, &v.Version, &v.Revision, &v.Correlation, &step,
		&direction, &attempt, &v.StepsTotal, &v.StepsDone, &v.StepsCompensated, &failedStep, &reason, &lastError, &waitsFor,
		&nextDue, &started, &updated, &ended)
	v.Step, v.Direction, v.Attempt = step.String, direction.String, attempt.Int64
	v.FailedStep, v.Reason, v.LastError, v.WaitsFor = failedStep.String, reason.String, lastError.String, waitsFor.String
	v.NextDue, v.EndedAt = fromMillis(nextDue), fromMillis(ended)
	v.StartedAt, v.UpdatedAt = time.UnixMilli(started.Int64).UTC(), time.UnixMilli(updated.Int64).UTC()
	return v, err
}
