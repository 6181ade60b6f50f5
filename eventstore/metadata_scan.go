package eventstore

import (
	"bytes"
	"encoding/hex"
	"strconv"
)

// metadataSpans tells where the values of canonical metadata are; strings without their quotes.
type metadataSpans struct {
	seen  uint16
	start [keyCount]int32
	end   [keyCount]int32
}

// of returns the bytes of a value, nil when the member is absent.
func (s *metadataSpans) of(metadata []byte, key int) []byte { return metadata[s.start[key]:s.end[key]] }

// scanCanonical finds the members of metadata in the canonical form: a flat object of known keys without white
// space, escapes or anything outside ASCII; of members with the same key it finds the last. It accepts no text that is
// not JSON. Any other form gives false.
func scanCanonical(b []byte) (spans metadataSpans, ok bool) {
	if len(b) < 2 || b[0] != '{' || b[len(b)-1] != '}' {
		return spans, false
	}
	if len(b) == 2 {
		return spans, true
	}
	for i := 1; ; {
		if i+2 >= len(b) || b[i] != '"' {
			return spans, false
		}
		length := bytes.IndexByte(b[i+1:], '"')
		if length < 0 {
			return spans, false
		}
		key := canonicalKey(b[i+1 : i+1+length])
		i += length + 2
		if key < 0 || i+1 >= len(b) || b[i] != ':' {
			return spans, false
		}
		spans.seen |= 1 << key
		var from, to int
		if from, to, i = scanValue(b, i+1, key); i < 0 {
			return spans, false
		}
		spans.start[key], spans.end[key] = int32(from), int32(to)
		if i == len(b)-1 {
			return spans, true // the closing brace was seen at the start
		}
		if b[i] != ',' {
			return spans, false
		}
		i++
	}
}

// scanValue returns where the value at i starts and ends, and where to go on; next is -1 when it is not canonical.
func scanValue(b []byte, i, key int) (from, to, next int) {
	if key == keySchema || key == keyFence {
		from = i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		if i == from || b[from] == '0' || i == len(b) {
			return 0, 0, -1
		}
		return from, i, i
	}
	if b[i] != '"' {
		return 0, 0, -1
	}
	from = i + 1
	for i = from; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			if i+1 == len(b) {
				return 0, 0, -1
			}
			return from, i, i + 1
		case c < 0x20 || c == '\\' || c >= 0x7f:
			return 0, 0, -1
		}
	}
	return 0, 0, -1
}

func canonicalKey(key []byte) int {
	switch string(key) {
	case "$correlationId":
		return keyCorrelation
	case "$causationId":
		return keyCausation
	case "traceparent":
		return keyTraceParent
	case "tracestate":
		return keyTraceState
	case "actor":
		return keyActor
	case "schema":
		return keySchema
	case "at":
		return keyAt
	case "fence":
		return keyFence
	case "hash":
		return keyHash
	}
	return -1
}

// parseCanonical leaves everything doubtful, errors included, to parseForeign.
func parseCanonical(metadata []byte) (m Metadata, ok bool) {
	spans, ok := scanCanonical(metadata)
	if !ok {
		return m, false
	}
	text := string(metadata) // one copy; the strings below share it
	m.CorrelationID = text[spans.start[keyCorrelation]:spans.end[keyCorrelation]]
	m.CausationID = text[spans.start[keyCausation]:spans.end[keyCausation]]
	m.TraceParent = text[spans.start[keyTraceParent]:spans.end[keyTraceParent]]
	m.TraceState = text[spans.start[keyTraceState]:spans.end[keyTraceState]]
	m.Actor = text[spans.start[keyActor]:spans.end[keyActor]]
	if m.Schema, ok = canonicalSchema(spans.of(metadata, keySchema)); !ok {
		return m, false
	}
	if spans.seen&(1<<keyAt) != 0 {
		at := spans.of(metadata, keyAt)
		if len(at) == 0 || at[len(at)-1] != 'Z' || m.At.UnmarshalText(at) != nil {
			return m, false
		}
	}
	if spans.seen&(1<<keyFence) != 0 {
		fence, err := strconv.ParseUint(text[spans.start[keyFence]:spans.end[keyFence]], 10, 64)
		if err != nil {
			return m, false
		}
		m.Fence = fence
	}
	if spans.seen&(1<<keyHash) != 0 {
		digits := spans.of(metadata, keyHash)
		if len(digits) != 64 {
			return m, false
		}
		if _, err := hex.Decode(m.Hash[:], digits); err != nil {
			return m, false
		}
	}
	return m, true
}

// canonicalSchema returns the version that the digits say, 1 when there are none.
func canonicalSchema(digits []byte) (int, bool) {
	if len(digits) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return max(n, 1), true
}

// flatSchema reads the version behind the key that lies between from and to, if the object has no other inside it, where
// the key would mean something else, and no such key twice.
func flatSchema(metadata []byte, from, to int) (int, bool) {
	end := to + 1
	for end < len(metadata) && metadata[end] >= '0' && metadata[end] <= '9' {
		end++
	}
	if end >= len(metadata) || metadata[to] != ':' || (metadata[end] != ',' && metadata[end] != '}') ||
		end == to+1 || metadata[to+1] == '0' || from == 0 || metadata[from-1] != '"' ||
		metadata[0] != '{' || bytes.IndexByte(metadata[1:], '{') >= 0 || bytes.Contains(metadata[end:], metadata[from:to]) {
		return 0, false
	}
	return canonicalSchema(metadata[to+1 : end])
}
