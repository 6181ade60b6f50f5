package projectorcli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// safe makes text from anywhere fit to stand in one line on a terminal: what could move the cursor, change colours or
// turn the direction of writing is shown escaped, and so are bytes that are no UTF-8.
func safe(s string) string { return escape(s, false) }

// safeText is safe for text of several lines.
func safeText(s string) string { return escape(s, true) }

func escape(s string, lines bool) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\n' && lines:
			b.WriteByte('\n')
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case isHarmful(r) && r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case isHarmful(r) && r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		case isHarmful(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// isHarmful reports control characters, line separators, and the invisible ones that reorder or hide text.
func isHarmful(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}

// safeJSON does the same to a JSON text, which stays the same value: such characters can only be in its strings.
func safeJSON(text []byte) []byte {
	if isPlain(string(text)) {
		return text
	}
	out := make([]byte, 0, len(text)+16)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			out = append(out, `\ufffd`...)
		case r == '\n' || !isHarmful(r):
			out = append(out, text[:size]...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out
}
