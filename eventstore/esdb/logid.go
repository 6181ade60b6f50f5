package esdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// idStream has no event; its metadata hold the id of the log, where nobody reads them as part of the log.
const (
	idStream   = "skald-log"
	idProperty = "skaldLogId"
)

// LogID implements eventstore.Identified. Whoever asks first makes the id; of several at once one does.
func (s *Store) LogID(ctx context.Context) (string, error) {
	for {
		if err := s.interrupted(ctx); err != nil {
			return "", err
		}
		if id := s.logID.Load(); id != nil {
			return *id, nil
		}
		properties, revision, err := s.properties(ctx, idStream)
		if err != nil {
			return "", fmt.Errorf("id of the log: %w", err)
		}
		var id string
		if json.Unmarshal(properties[idProperty], &id) == nil && id != "" {
			s.logID.Store(&id)
			continue
		}
		if revision >= 0 {
			return "", fmt.Errorf("id of the log: the metadata of stream %q hold none: %w", idStream, eventstore.ErrCorrupt)
		}
		fresh, err := eventstore.NewEventID()
		if err != nil {
			return "", err
		}
		text, err := fresh.MarshalText()
		if err != nil {
			return "", err
		}
		err = s.setProperties(ctx, idStream, eventstore.NoStream, attributes{idProperty: quoted(text)})
		if err != nil && !errors.Is(err, eventstore.ErrConflict) {
			return "", fmt.Errorf("id of the log: %w", err)
		}
	}
}

// quoted makes JSON of a text that needs no escapes.
func quoted(text []byte) json.RawMessage { return append(append([]byte{'"'}, text...), '"') }
