package eventstore

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Position is a place in the log: opaque, totally ordered within one log, meaningless across logs. The zero Position is
// before every event. It has 128 bits so that EventStoreDB's commit and prepare positions fit without loss
// (docs/adr/0001-position-is-opaque-and-128-bit.md).
type Position struct{ major, minor uint64 }

// NewPosition makes a position from its two parts. It is for stores.
func NewPosition(major, minor uint64) Position { return Position{major, minor} }

// Parts returns what NewPosition was given. It is for stores.
func (p Position) Parts() (major, minor uint64) { return p.major, p.minor }

// Compare returns -1 when p is before q, +1 when it is after, 0 when they are the same place.
func (p Position) Compare(q Position) int {
	if c := cmp.Compare(p.major, q.major); c != 0 {
		return c
	}
	return cmp.Compare(p.minor, q.minor)
}

// After reports whether p is strictly after q.
func (p Position) After(q Position) bool { return p.Compare(q) > 0 }

// Since returns by how much the major part of p is above that of q, 0 when it is not. It is for stores whose positions
// count events in it.
func (p Position) Since(q Position) int64 { return int64(p.major - min(q.major, p.major)) }

// IsZero reports whether p is before every event.
func (p Position) IsZero() bool { return p == Position{} }

// String returns the text form, "major/minor" in decimal.
func (p Position) String() string {
	return strconv.FormatUint(p.major, 10) + "/" + strconv.FormatUint(p.minor, 10)
}

// MarshalText returns the text form.
func (p Position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads exactly what MarshalText writes.
func (p *Position) UnmarshalText(text []byte) error {
	major, minor, found := strings.Cut(string(text), "/")
	hi, errHi := strconv.ParseUint(major, 10, 64)
	lo, errLo := strconv.ParseUint(minor, 10, 64)
	parsed := Position{hi, lo}
	if !found || errHi != nil || errLo != nil || parsed.String() != string(text) {
		return fmt.Errorf("position %q is not of the form 123/0: %w", text, ErrInvalid)
	}
	*p = parsed
	return nil
}
