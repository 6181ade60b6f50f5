package sagatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// story is what is to be seen of a scene from outside, in a form that does not depend on the shell: the log stream by
// stream without ids, hashes, positions and instants, what participants were asked for, what clients were told, and
// which sagas were left alone. Deadlines and due times are told by how long after their event they are, to the second.
type story struct {
	lines   []string
	appends int
	slipped int
	types   map[string]int64 // of events
}

func (s *story) String() string { return strings.Join(s.lines, "\n") }

// newStory reads the log, and checks that it keeps the rules.
func newStory(store eventstore.Store, a *actors, aside []string) (*story, error) {
	s := &story{appends: a.appends, slipped: a.slipped, types: map[string]int64{}}
	streams := map[string][]string{}
	all := store.ReadAll(context.Background(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{})
	for ev, err := range all {
		if err != nil {
			return nil, err
		}
		line, err := told(ev)
		if err != nil {
			return nil, err
		}
		streams[ev.Stream] = append(streams[ev.Stream], line)
		s.types[ev.Type]++
	}
	names := make([]string, 0, len(streams))
	for name := range streams {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		s.lines = append(s.lines, name)
		s.lines = append(s.lines, streams[name]...)
	}
	slices.Sort(aside)
	s.lines = slices.Concat(s.lines, a.told(), aside)
	if a.scene.broke {
		return s, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	report, err := verify.Log(context.Background(), store, verify.Config{Ledger: a.ledger, Replay: true})
	return s, errors.Join(err, report.Err())
}

// told tells an event without what differs from run to run.
func told(ev eventstore.RecordedEvent) (string, error) {
	meta, err := eventstore.ParseMetadata(ev.Metadata)
	if err != nil {
		return "", err
	}
	var data map[string]any
	if err := json.Unmarshal(ev.Data, &data); err != nil {
		return "", err
	}
	for key, value := range data {
		switch key {
		case "stack":
			data[key] = "…"
		case "reason":
			data[key], _, _ = strings.Cut(value.(string), " passed at ") // an instant
		case "deadline", "total_deadline", "due":
			at, err := time.Parse(time.RFC3339Nano, value.(string))
			if err != nil {
				return "", err
			}
			data[key] = at.Sub(meta.At).Round(time.Second).String()
		}
	}
	text, err := json.Marshal(data)
	if err != nil {
		return "", err
	}
	actor, _, _ := strings.Cut(meta.Actor, "@") // behind that, an owner of leases names its life
	return fmt.Sprintf("  %d %s %s by %s under %d because of %q in %q",
		ev.Revision, ev.Type, text, actor, meta.Fence, meta.CausationID, meta.CorrelationID), nil
}

// excluded tells the sagas that an orchestrator leaves alone.
func excluded(lists ...[]saga.Excluded) []string {
	var lines []string
	for _, list := range lists {
		for _, e := range list {
			lines = append(lines, fmt.Sprintf("%s is left alone: %s", e.Ref, e.Reason))
		}
	}
	return lines
}

// damage appends an event to a saga's stream that Skald did not write.
func damage(store eventstore.Store, ref saga.Ref) error {
	revision := int64(-1)
	for ev, err := range store.ReadStream(context.Background(), ref.Stream(), 0, eventstore.Forwards) {
		if err != nil {
			return err
		}
		revision = ev.Revision
	}
	id, err := eventstore.NewEventID()
	if err != nil {
		return err
	}
	_, err = store.Append(context.Background(), ref.Stream(), eventstore.Exactly(revision), eventstore.EventData{
		ID: id, Type: "NoteTaken", Data: []byte(`{}`), Metadata: []byte(`{}`),
	})
	return err
}
