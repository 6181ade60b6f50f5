package eventstore

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// EventID identifies one event. Ids are fresh for every decision, and repeated only when the identical append is sent
// again; an id derived from stream and revision would tell two writers that both had won.
type EventID [16]byte

// NewEventID returns a fresh id, a UUID of version 7, whose order follows the time of creation in this process.
func NewEventID() (EventID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return EventID{}, fmt.Errorf("make an event id: %w", err)
	}
	return EventID(id), nil
}

// IsZero reports whether the id is unset. No store accepts such an id.
func (id EventID) IsZero() bool { return id == EventID{} }

// String returns the id in the canonical form of a UUID.
func (id EventID) String() string { return uuid.UUID(id).String() }

// MarshalText returns the canonical form of a UUID.
func (id EventID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the canonical form of a UUID, with or without its dashes.
func (id *EventID) UnmarshalText(text []byte) error {
	if len(text) == 32 {
		var plain EventID
		if _, err := hex.Decode(plain[:], text); err != nil {
			return fmt.Errorf("event id %q: %w", text, ErrInvalid)
		}
		*id = plain
		return nil
	}
	parsed, err := uuid.ParseBytes(text)
	if err != nil || len(text) != 36 {
		return fmt.Errorf("event id %q is no UUID: %w", text, ErrInvalid)
	}
	*id = EventID(parsed)
	return nil
}

// EventData is an event to be appended. Data and Metadata are stored byte for byte; by convention both are JSON, and
// Metadata holds only the keys of [Metadata].
type EventData struct {
	ID       EventID
	Type     string
	Data     []byte
	Metadata []byte
}

// RecordedEvent is an event as the log holds it. The reader owns it: a store never touches its slices again. Neither
// Data nor Metadata is nil-checked by the store; an empty slice may be read back as nil.
type RecordedEvent struct {
	ID       EventID
	Type     string
	Stream   string
	Revision int64    // place in the stream, from 0
	Position Position // place in the log
	Data     []byte
	Metadata []byte
	// RecordedAt is the store's own clock, in UTC. It is for people; no rule uses it.
	RecordedAt time.Time
}

// AppendResult tells where an append ended.
type AppendResult struct {
	// Revision is that of the last event appended.
	Revision int64
	// Position is that of the last event appended, or zero when the store cannot tell it for a repeated append.
	Position Position
}
