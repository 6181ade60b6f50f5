//go:build unix

package replicas_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// chronicle is what the log tells of who did what.
type chronicle struct {
	sagas     map[saga.Ref]*tale
	takeovers []takeover
	last      map[int]time.Time // the last event of each process
	late      int               // events that a process appended after it had lost the saga
	events    int
}

// tale is what became of one saga.
type tale struct {
	began  time.Time
	first  int    // the process that made its first attempt
	ended  string // the type of the event
	parked []saga.ParkReason
	// interruptions are the attempts that were cut off.
	interruptions int
	owner         int       // the process whose attempt is open
	since         time.Time // when it began
	taken         map[int]bool
}

// takeover is an attempt of one process whose end another one recorded, because the first one did not go on.
type takeover struct {
	ref      saga.Ref
	from, to int
	began    time.Time // the attempt
	at       time.Time
}

func readChronicle(ctx context.Context, store eventstore.Store) (*chronicle, error) {
	c := &chronicle{sagas: map[saga.Ref]*tale{}, last: map[int]time.Time{}}
	for ev, err := range store.ReadAll(ctx, eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}) {
		if err != nil {
			return nil, err
		}
		ref, isSaga := saga.ParseStream(ev.Stream)
		if !isSaga {
			continue
		}
		if err := c.add(ref, &ev); err != nil {
			return nil, fmt.Errorf("%s@%d: %w", ev.Stream, ev.Revision, err)
		}
	}
	return c, nil
}

func (c *chronicle) add(ref saga.Ref, ev *eventstore.RecordedEvent) error {
	meta, err := eventstore.ParseMetadata(ev.Metadata)
	if err != nil {
		return err
	}
	t := c.sagas[ref]
	if t == nil {
		t = &tale{taken: map[int]bool{}}
		c.sagas[ref] = t
	}
	pid := pidOf(meta.Actor)
	c.events++
	if pid != 0 {
		c.last[pid] = ev.RecordedAt
		if meta.Fence == 0 && t.taken[pid] {
			c.late++
		}
	}
	switch ev.Type {
	case saga.TypeSagaStarted:
		t.began = ev.RecordedAt
	case saga.TypeStepStarted, saga.TypeCompensationStarted:
		if t.first == 0 {
			t.first = pid
		}
		t.owner, t.since = pid, ev.RecordedAt
	case saga.TypeStepInterrupted, saga.TypeCompensationInterrupted:
		t.interruptions++
		c.outcome(ref, t, pid, ev)
	case saga.TypeStepCompleted, saga.TypeStepFailed, saga.TypeStepTimedOut, saga.TypeCompensationCompleted,
		saga.TypeCompensationFailed, saga.TypeCompensationTimedOut:
		c.outcome(ref, t, pid, ev)
	case saga.TypeSagaCompleted, saga.TypeSagaFailed:
		t.ended = ev.Type
	case saga.TypeSagaParked:
		var parked saga.SagaParked
		if err := json.Unmarshal(ev.Data, &parked); err != nil {
			return err
		}
		t.parked = append(t.parked, parked.Reason)
	}
	return nil
}

func (c *chronicle) outcome(ref saga.Ref, t *tale, pid int, ev *eventstore.RecordedEvent) {
	if t.owner != 0 && pid != t.owner && !t.taken[pid] {
		c.takeovers = append(c.takeovers, takeover{ref: ref, from: t.owner, to: pid, began: t.since, at: ev.RecordedAt})
		t.taken[t.owner] = true
		delete(t.taken, pid)
	}
	t.owner = 0
}

// pidOf returns the process that an event names as its actor, 0 when it was not one of ours.
func pidOf(actor string) int {
	parts := strings.Split(actor, ":")
	if len(parts) < 4 || parts[0] != "orchestrator" {
		return 0
	}
	pid, err := strconv.Atoi(parts[len(parts)-2])
	if err != nil {
		return 0
	}
	return pid
}

// between returns the takeovers from a process in a time.
func (c *chronicle) between(pid int, from, to time.Time) []takeover {
	var found []takeover
	for _, t := range c.takeovers {
		if t.from == pid && !t.at.Before(from) && (to.IsZero() || t.at.Before(to)) {
			found = append(found, t)
		}
	}
	return found
}

// outrun returns how many times a process was frozen while another one went on with a saga of its own.
func (c *chronicle) outrun(lives map[int]*life) (times int) {
	for pid, l := range lives {
		for _, s := range l.frozen {
			if len(c.between(pid, s.from, s.to)) > 0 {
				times++
			}
		}
	}
	return times
}

// shares returns how many of the sagas that began in a time each process took up first.
func (c *chronicle) shares(from, to time.Time) map[int]int {
	shares := map[int]int{}
	for _, t := range c.sagas {
		if !t.began.Before(from) && t.began.Before(to) {
			shares[t.first]++
		}
	}
	return shares
}
