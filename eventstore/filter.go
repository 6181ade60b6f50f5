package eventstore

import (
	"fmt"
	"slices"
	"strings"
)

// Filter chooses events by the prefix of their stream name or of their type, one of the two, because that is what
// EventStoreDB can do on the server. The zero value chooses every event.
type Filter struct {
	StreamPrefixes []string
	TypePrefixes   []string
}

// Validate reports a filter that no store accepts: both kinds at once, or an empty prefix.
func (f Filter) Validate() error {
	if len(f.StreamPrefixes) > 0 && len(f.TypePrefixes) > 0 {
		return fmt.Errorf("filter has stream prefixes %q and type prefixes %q, use one kind: %w",
			f.StreamPrefixes, f.TypePrefixes, ErrInvalid)
	}
	if slices.Contains(f.StreamPrefixes, "") || slices.Contains(f.TypePrefixes, "") {
		return fmt.Errorf("filter has an empty prefix, leave the list empty to choose every event: %w", ErrInvalid)
	}
	return nil
}

// IsZero reports whether the filter chooses every event.
func (f Filter) IsZero() bool { return len(f.StreamPrefixes) == 0 && len(f.TypePrefixes) == 0 }

// Match reports whether an event of that stream and type is chosen.
func (f Filter) Match(stream, eventType string) bool {
	return f.MatchStream(stream) && hasPrefix(eventType, f.TypePrefixes)
}

// MatchStream reports whether the filter lets events of that stream through, their type aside.
func (f Filter) MatchStream(stream string) bool { return hasPrefix(stream, f.StreamPrefixes) }

func hasPrefix(s string, prefixes []string) bool {
	if len(prefixes) == 0 {
		return true
	}
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
