package saga

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/skaldgo/skald/eventstore"
)

// Limits of what identifies a saga, in bytes.
const (
	MaxNameBytes = 100 // of a definition or a step
	MaxIDBytes   = 200 // of a saga
)

// CategoryPrefix begins the stream name of every saga; the definition's name and "-" follow.
const CategoryPrefix = "saga:"

// LateCategoryPrefix begins the name of the stream that keeps news of a saga that had already ended.
const LateCategoryPrefix = "late:"

// ErrInvalidID: a saga id that is empty, too long or not printable.
var ErrInvalidID = errors.New("invalid saga id")

// Ref names one saga. A saga is identified by its definition's name and its own id together.
type Ref struct {
	Name string `json:"name"`
	ID   string `json:"id"`
}

// Stream returns the name of the saga's stream.
func (r Ref) Stream() string { return Category(r.Name) + "-" + r.ID }

// LateStream returns the name of the stream that keeps news of a saga that had already ended.
func (r Ref) LateStream() string { return LateCategoryPrefix + r.Name + "-" + r.ID }

// String returns Name/ID, the form that the command line takes.
func (r Ref) String() string { return r.Name + "/" + r.ID }

// Validate checks both parts, and says what is wrong with which.
func (r Ref) Validate() error {
	if err := validateName("saga name", r.Name); err != nil {
		return err
	}
	switch {
	case r.ID == "":
		return fmt.Errorf("saga id is empty: %w", ErrInvalidID)
	case len(r.ID) > MaxIDBytes:
		return fmt.Errorf("saga id %.40q… has %d bytes, the limit is %d: %w", r.ID, len(r.ID), MaxIDBytes, ErrInvalidID)
	case !utf8.ValidString(r.ID) || strings.ContainsFunc(r.ID, unicode.IsControl):
		return fmt.Errorf("saga id %q holds control characters or is no UTF-8: %w", r.ID, ErrInvalidID)
	}
	return nil
}

// Category returns the stream category of all sagas of a definition.
func Category(name string) string { return CategoryPrefix + name }

// ParseStream returns the saga whose stream has that name; ok is false for a stream of anything else.
func ParseStream(stream string) (ref Ref, ok bool) { return parseStream(stream, CategoryPrefix) }

// ParseLateStream returns the saga whose late stream has that name; ok is false for a stream of anything else.
func ParseLateStream(stream string) (ref Ref, ok bool) {
	return parseStream(stream, LateCategoryPrefix)
}

func parseStream(stream, prefix string) (ref Ref, ok bool) {
	category := eventstore.Category(stream)
	name, isSaga := strings.CutPrefix(category, prefix)
	if !isSaga || name == "" || len(stream) < len(category)+2 {
		return Ref{}, false
	}
	return Ref{Name: name, ID: stream[len(category)+1:]}, true
}

// validateName holds names of definitions and steps to letters, digits, "_" and ".", so that they can stand in stream
// names, idempotency keys, SQL, metrics and on a command line without quoting.
func validateName(what, name string) error {
	if name == "" {
		return fmt.Errorf("%s is empty", what)
	}
	if len(name) > MaxNameBytes {
		return fmt.Errorf("%s %.40q… has %d bytes, the limit is %d", what, name, len(name), MaxNameBytes)
	}
	for _, c := range []byte(name) {
		if c != '_' && c != '.' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return fmt.Errorf("%s %q holds %q; use letters, digits, _ and . only", what, name, c)
		}
	}
	return nil
}

// IdempotencyKey returns the key that every attempt of a step's action or compensation carries, the same after every
// restart, so that a participant can tell a repeat from something new. generation is 0 except for a compensation that
// an operator repeats because the step's result became known only after it had ended.
func IdempotencyKey(ref Ref, step string, direction Direction, generation int) string {
	key := ref.Name + "/" + ref.ID + "/" + step + "/" + direction.String()
	if generation > 0 {
		key = fmt.Sprintf("%s/%d", key, generation+1)
	}
	return key
}
