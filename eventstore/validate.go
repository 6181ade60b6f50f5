package eventstore

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits that every store keeps, in bytes. MaxAppendBytes is EventStoreDB's default limit of an append.
const (
	MaxAppendBytes     = 1 << 20 // data, metadata and twice the type names of one append together
	MaxStreamNameBytes = 512
	MaxTypeNameBytes   = 256
)

// ValidateAppend checks the arguments of an append against the contract. Stores call it first, so that all of them refuse
// the same calls with the same words.
func ValidateAppend(stream string, expected ExpectedRevision, events []EventData) error {
	if err := ValidateStreamName(stream); err != nil {
		return err
	}
	if !expected.Valid() {
		return fmt.Errorf("append to %q: expected revision %s: %w", stream, expected, ErrInvalid)
	}
	if len(events) == 0 {
		return fmt.Errorf("append to %q: no events: %w", stream, ErrInvalid)
	}
	size := 0
	for i := range events {
		e := &events[i]
		if e.ID.IsZero() {
			return fmt.Errorf("append to %q: event %d has no id: %w", stream, i, ErrInvalid)
		}
		if err := validateType(e.Type); err != nil {
			return fmt.Errorf("append to %q: event %d: %w", stream, i, err)
		}
		size += len(e.Data) + len(e.Metadata) + 2*len(e.Type) // EventStoreDB counts two bytes for each character of a type
	}
	if size > MaxAppendBytes {
		return fmt.Errorf("append to %q: %d bytes, the limit is %d: %w", stream, size, MaxAppendBytes, ErrTooLarge)
	}
	return distinctIDs(stream, events)
}

func distinctIDs(stream string, events []EventData) error {
	if len(events) == 2 && events[0].ID != events[1].ID || len(events) == 1 {
		return nil // the common sizes, without a map
	}
	seen := make(map[EventID]struct{}, len(events))
	for i := range events {
		if _, dup := seen[events[i].ID]; dup {
			return fmt.Errorf("append to %q: event id %s occurs twice: %w", stream, events[i].ID, ErrInvalid)
		}
		seen[events[i].ID] = struct{}{}
	}
	return nil
}

// ValidateReadStream checks the arguments of a ReadStream against the contract, for all stores alike.
func ValidateReadStream(stream string, from int64) error {
	if from < 0 {
		return fmt.Errorf("read stream %q: from revision %d, the first is 0: %w", stream, from, ErrInvalid)
	}
	return ValidateStreamName(stream)
}

// ValidateStreamName checks that a name is <category>-<id> by the rules in the package comment.
func ValidateStreamName(stream string) error {
	category, id, found := strings.Cut(stream, "-")
	switch {
	case !found || category == "" || id == "":
		return fmt.Errorf("stream name %q is not of the form category-id: %w", stream, ErrInvalid)
	case strings.HasPrefix(stream, "$"):
		return fmt.Errorf("stream name %q starts with $, which is reserved: %w", stream, ErrInvalid)
	case len(stream) > MaxStreamNameBytes:
		return fmt.Errorf("stream name of %d bytes, the limit is %d: %w", len(stream), MaxStreamNameBytes, ErrInvalid)
	case !printable(stream):
		return fmt.Errorf("stream name %q holds control characters or is no UTF-8: %w", stream, ErrInvalid)
	}
	return nil
}

func validateType(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("no event type: %w", ErrInvalid)
	case strings.HasPrefix(name, "$"):
		return fmt.Errorf("event type %q starts with $, which is reserved: %w", name, ErrInvalid)
	case len(name) > MaxTypeNameBytes:
		return fmt.Errorf("event type of %d bytes, the limit is %d: %w", len(name), MaxTypeNameBytes, ErrInvalid)
	case !printable(name):
		return fmt.Errorf("event type %q holds control characters or is no UTF-8: %w", name, ErrInvalid)
	}
	return nil
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
		}
	}
	return true
}

// Category returns the part of a stream name before its first "-".
func Category(stream string) string {
	category, _, _ := strings.Cut(stream, "-")
	return category
}
