package esdb

import (
	"context"
	"errors"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// idStream has no event; its metadata hold the id of the log, where nobody reads them as part of the log.
const (
	idStream   = "skald-log"
	idProperty = "skaldLogId"
)

// LogID implements eventstore.Identified. Whoever asks first makes the id.
func (s *Store) LogID(ctx context.Context) (string, error) {
	if err := s.interrupted(ctx); err != nil {
		return "", err
	}
	s.logID.Lock()
	defer s.logID.Unlock()
	for s.logID.known == "" {
		properties, revision, err := s.properties(ctx, idStream)
		if err != nil {
			return "", fmt.Errorf("id of the log: %w", err)
		}
		if id, ok := properties[idProperty].(string); ok && id != "" {
			s.logID.known = id
			break
		}
		if revision >= 0 {
			return "", fmt.Errorf("id of the log: the metadata of stream %q hold none: %w", idStream, eventstore.ErrCorrupt)
		}
		id, err := eventstore.NewEventID()
		if err != nil {
			return "", err
		}
		err = s.setProperties(ctx, idStream, eventstore.NoStream, map[string]any{idProperty: id.String()})
		if err != nil && !errors.Is(err, eventstore.ErrConflict) && !errors.Is(err, eventstore.ErrIndeterminate) {
			return "", fmt.Errorf("id of the log: %w", err)
		}
	}
	return s.logID.known, nil
}
