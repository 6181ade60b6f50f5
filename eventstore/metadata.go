package eventstore

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Metadata is what every event says about itself beside its data. It is stored as one flat JSON object; a member whose
// value is zero is left out. Keys that start with "$" belong to EventStoreDB; only the two below are ever written.
type Metadata struct {
	CorrelationID string    // "$correlationId": the conversation that the event belongs to
	CausationID   string    // "$causationId": the message or event that caused it
	TraceParent   string    // "traceparent", as in W3C Trace Context
	TraceState    string    // "tracestate", as in W3C Trace Context
	Actor         string    // "actor": who asked for it
	Schema        int       // "schema": version of the data's form; 0 and 1 both mean the first and are left out
	At            time.Time // "at": the deciding clock, RFC 3339 with nanoseconds, in UTC
	Fence         uint64    // "fence": token of the writer's lease
	// Hash is "hash", 64 hex digits: the link of the hash chain, always the last member. AppendJSON does not write it,
	// because it is computed over what AppendJSON wrote. Zero means that there is none.
	Hash [32]byte
}

// Keys of the canonical form, in its order. A field's index is its bit in metadataSpans.seen.
const (
	keyCorrelation = iota
	keyCausation
	keyTraceParent
	keyTraceState
	keyActor
	keySchema
	keyAt
	keyFence
	keyHash
	keyCount
)

// AppendJSON appends the canonical form, without the hash, and returns the extended slice. The form has no white space
// and a fixed order of members. Text that is no UTF-8 gets the replacement character in place of each broken byte.
func (m *Metadata) AppendJSON(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, '{')
	dst = appendMember(dst, `"$correlationId":`, m.CorrelationID)
	dst = appendMember(dst, `"$causationId":`, m.CausationID)
	dst = appendMember(dst, `"traceparent":`, m.TraceParent)
	dst = appendMember(dst, `"tracestate":`, m.TraceState)
	dst = appendMember(dst, `"actor":`, m.Actor)
	if m.Schema > 1 {
		dst = append(dst, `"schema":`...)
		dst = append(strconv.AppendInt(dst, int64(m.Schema), 10), ',')
	}
	if !m.At.IsZero() {
		dst = append(dst, `"at":"`...)
		dst = append(m.At.UTC().AppendFormat(dst, time.RFC3339Nano), '"', ',')
	}
	if m.Fence != 0 {
		dst = append(dst, `"fence":`...)
		dst = append(strconv.AppendUint(dst, m.Fence, 10), ',')
	}
	if len(dst) == start+1 {
		return append(dst, '}')
	}
	dst[len(dst)-1] = '}' // in place of the last comma
	return dst
}

func appendMember(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, key...)
	return append(AppendJSONString(dst, value), ',')
}

// AppendJSONString appends s as a JSON string, quotes included, and returns the extended slice. It escapes no more than
// JSON demands, so what it writes is not safe to put into HTML. It is for event types that write their own JSON.
func AppendJSONString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, s[done:i]...)
		switch {
		case c >= utf8.RuneSelf:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
		i += size
		done = i
	}
	return append(append(dst, s[done:]...), '"')
}

// ParseMetadata reads metadata in any JSON form. Unknown members are ignored, whatever their keys; of members with the
// same key the last one counts; no metadata at all gives the zero Metadata with Schema 1. In what it returns Schema is
// never below 1. A known key with a value of the wrong kind, and text that is no JSON object, give ErrInvalid. The
// metadata is copied, so the caller may use the slice again.
func ParseMetadata(metadata []byte) (Metadata, error) {
	if len(metadata) == 0 {
		return Metadata{Schema: 1}, nil
	}
	if m, ok := parseCanonical(metadata); ok {
		return m, nil
	}
	return parseForeign(metadata)
}

// SchemaOf returns the version of the data's form, at least 1, as ParseMetadata would, and reads no more of the metadata
// than it must: it need not notice that the rest is no JSON.
func SchemaOf(metadata []byte) (int, error) {
	const key = `schema"`                    // without its first quote, as searching for a rare byte is faster
	if bytes.IndexByte(metadata, '\\') < 0 { // which could spell the key in another way, or stand in a value before a quote
		at := bytes.Index(metadata, []byte(key))
		if at < 0 {
			return 1, nil
		}
		if n, ok := flatSchema(metadata, at, at+len(key)); ok {
			return n, nil
		}
	}
	m, err := ParseMetadata(metadata)
	return m.Schema, err
}

// FenceOf returns the token of the writer's lease, 0 for none, as ParseMetadata would, and like SchemaOf reads no more of
// the metadata than it must.
func FenceOf(metadata []byte) (uint64, error) {
	if !bytes.Contains(metadata, []byte(`fence"`)) && bytes.IndexByte(metadata, '\\') < 0 {
		return 0, nil
	}
	m, err := ParseMetadata(metadata)
	return m.Fence, err
}

// parseForeign reads what the canonical scanner does not: white space, escapes, other members, other orders.
func parseForeign(metadata []byte) (Metadata, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(metadata, &members); err != nil {
		return Metadata{}, fmt.Errorf("metadata is no JSON object (%w): %w", err, ErrInvalid)
	}
	m := Metadata{}
	var hash string
	for key, into := range map[string]any{
		"$correlationId": &m.CorrelationID, "$causationId": &m.CausationID, "traceparent": &m.TraceParent,
		"tracestate": &m.TraceState, "actor": &m.Actor, "schema": &m.Schema, "at": &m.At, "fence": &m.Fence, "hash": &hash,
	} {
		raw, ok := members[key]
		if !ok {
			continue
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return Metadata{}, fmt.Errorf("metadata member %q (%w): %w", key, err, ErrInvalid)
		}
	}
	if m.Schema < 0 {
		return Metadata{}, fmt.Errorf("metadata member \"schema\" is %d: %w", m.Schema, ErrInvalid)
	}
	m.Schema = max(m.Schema, 1)
	m.At = m.At.UTC()
	if hash != "" {
		if n, err := hex.Decode(m.Hash[:], []byte(hash[:min(len(hash), 64)])); err != nil || n != 32 || len(hash) != 64 {
			return Metadata{}, fmt.Errorf("metadata member \"hash\" is not 64 hex digits: %w", ErrInvalid)
		}
	}
	return m, nil
}
