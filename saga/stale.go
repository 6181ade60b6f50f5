package saga

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/skaldgo/skald/eventstore"
)

// mostChanges is how many events an operator is told of whose view is stale: the latest are in the saga's history.
const mostChanges = 8

// tellWhatChanged adds to a refusal what has happened since the revision that the operator saw. Where the stream cannot be read
// the refusal stays as it is, because it holds all the same.
func (o *Orchestrator) tellWhatChanged(ctx context.Context, ref Ref, seen int64, stale error) error {
	if seen < 0 {
		return stale
	}
	var changes []string
	for ev, err := range o.cfg.Store.ReadStream(ctx, ref.Stream(), seen+1, eventstore.Forwards) {
		if err != nil {
			return stale
		}
		if len(changes) == mostChanges {
			changes = append(changes, "and more")
			break
		}
		changes = append(changes, change(ev))
	}
	if len(changes) == 0 {
		return stale
	}
	return fmt.Errorf("%w; since then: %s", stale, strings.Join(changes, ", "))
}

// change names an event, with the step that it is about.
func change(ev eventstore.RecordedEvent) string {
	var about struct {
		Step string `json:"step"`
	}
	if json.Unmarshal(ev.Data, &about) != nil || about.Step == "" {
		return ev.Type
	}
	return ev.Type + " " + about.Step
}
