package sagaview

import (
	"fmt"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// Query chooses sagas. The zero value chooses all of them. Conditions hold together.
type Query struct {
	Names  []string     // any of these
	States []saga.State // any of these
	// Open chooses sagas that have not ended.
	Open bool
	// Stuck chooses those with which nothing has happened by the time something was due.
	Stuck bool
	// Parked chooses those that wait for a person. What was learnt of a saga after its end is in ListParked alone.
	Parked bool
	ID     string // exactly this id, whatever the name
	// Parent chooses the sagas that this one has started; the zero Ref chooses whether or not another has.
	Parent saga.Ref
	Limit  int // 0 means DefaultLimit; at most MaxLimit
	// Cursor is the Next of an earlier page of the same query.
	Cursor string
}

const isStuck = "(saga_name, saga_id) IN (SELECT saga_name, saga_id FROM stuck_sagas)"

// conditions returns the WHERE clause of the query. Values travel as parameters only.
func (q Query) conditions() (where string, args []any, err error) {
	parts := []string{"1 = 1"}
	oneOf := func(column string, values []string) {
		marks := make([]string, len(values))
		for i, v := range values {
			args = append(args, v)
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		parts = append(parts, column+" IN ("+strings.Join(marks, ", ")+")")
	}
	if len(q.Names) > 0 {
		oneOf("saga_name", q.Names)
	}
	if len(q.States) > 0 {
		names, open, err := stateNames(q.States)
		if err != nil {
			return "", nil, err
		}
		oneOf("state", names)
		q.Open = q.Open || open // says nothing new, but lets the index of what is open be used
	}
	if q.ID != "" {
		oneOf("saga_id", []string{q.ID})
		if len(q.Names) == 0 { // so that the primary key can be used, which begins with the name
			parts = append(parts, "saga_name IN (SELECT saga_name FROM saga_counts)")
		}
	}
	if q.Parent != (saga.Ref{}) {
		oneOf("parent_name", []string{q.Parent.Name})
		oneOf("parent_id", []string{q.Parent.ID})
	}
	if q.Open {
		parts = append(parts, "ended_at IS NULL")
	}
	if q.Stuck {
		parts = append(parts, isStuck)
	}
	if q.Parked { // the table of what is parked is the small one
		parts = append(parts, "parked = 1 AND (saga_name, saga_id) IN (SELECT saga_name, saga_id FROM saga_parked)")
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
	return strings.Join(parts, " AND "), args, nil
}

// stateNames also reports whether a saga in any of the states is open.
func stateNames(states []saga.State) (names []string, open bool, err error) {
	open = true
	for _, s := range states {
		if s < saga.StateStarted || s > saga.StateTerminated {
			return nil, false, fmt.Errorf("%w: no saga is %s", ErrInvalidQuery, s)
		}
		names = append(names, s.String())
		open = open && !s.Ended()
	}
	return names, open, nil
}
