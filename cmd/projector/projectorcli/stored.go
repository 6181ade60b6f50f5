package projectorcli

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

// storedEvent is one event of a stream as it is shown.
type storedEvent struct {
	Revision    int64               `json:"revision"`
	Position    eventstore.Position `json:"position"`
	At          time.Time           `json:"at"`
	Type        string              `json:"type"`
	ID          eventstore.EventID  `json:"id"`
	Actor       string              `json:"actor,omitempty"`
	Correlation string              `json:"correlation_id,omitempty"`
	Causation   string              `json:"causation_id,omitempty"`
	Schema      int                 `json:"schema,omitempty"`
	Data        json.RawMessage     `json:"data,omitempty"`
	Metadata    json.RawMessage     `json:"metadata,omitempty"` // only where it could not be read

	recorded eventstore.RecordedEvent
}

// chainView says what following the hash chain of a stream has shown.
type chainView struct {
	Verified bool   `json:"verified"`
	Events   int64  `json:"events"`
	First    int64  `json:"first_revision"`
	Unhashed int64  `json:"unhashed"`
	Head     string `json:"head_hash,omitempty"`
	Problem  string `json:"problem,omitempty"`
}

// storedStream is a stream read to its end, with the verdict on its chain.
type storedStream struct {
	events []storedEvent
	chain  chainView
	broken error // the *aggregate.ChainError, nil when the chain holds
}

// readStream reads all events of a stream and follows its hash chain as far as it holds. It gives
// eventstore.ErrStreamNotFound when there is none.
func readStream(ctx context.Context, store eventstore.Store, stream string) (storedStream, error) {
	var s storedStream
	var chain aggregate.Chain
	for ev, err := range store.ReadStream(ctx, stream, 0, eventstore.Forwards) {
		if err != nil {
			return s, err
		}
		s.events = append(s.events, newStoredEvent(ev))
		if s.broken == nil {
			s.broken = chain.Next(ev)
		}
	}
	report, head := chain.Report(), chain.Head()
	s.chain = chainView{Verified: s.broken == nil, Events: report.Events, First: report.First, Unhashed: report.Unhashed}
	if s.broken != nil {
		s.chain.Problem = s.broken.Error()
	} else if report.Unhashed < report.Events {
		s.chain.Head = hexText(head.Hash)
	}
	return s, nil
}

func newStoredEvent(ev eventstore.RecordedEvent) storedEvent {
	e := storedEvent{
		Revision: ev.Revision, Position: ev.Position, At: ev.RecordedAt, Type: ev.Type, ID: ev.ID,
		Data: rawJSON(ev.Data), recorded: ev,
	}
	meta, err := eventstore.ParseMetadata(ev.Metadata)
	if err != nil {
		e.Metadata = rawJSON(ev.Metadata)
		return e
	}
	e.Actor, e.Correlation, e.Causation, e.Schema = meta.Actor, meta.CorrelationID, meta.CausationID, meta.Schema
	if !meta.At.IsZero() {
		e.At = meta.At
	}
	return e
}

// isMissing reports whether a stream is not there, as opposed to not readable.
func isMissing(err error) bool { return errors.Is(err, eventstore.ErrStreamNotFound) }
