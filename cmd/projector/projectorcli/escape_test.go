package projectorcli

import (
	"encoding/json"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestNothingHarmfulReachesATerminal(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain text", "plain text"},
		{"Zoë Łucja 東京 😀", "Zoë Łucja 東京 😀"},
		{"\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"bell\a and delete\x7f", `bell\x07 and delete\x7f`},
		{"two\nlines\tand\rmore", `two\nlines\tand\rmore`},
		{"\u009b31m is CSI in one character", `\x9b31m is CSI in one character`},
		{"\u202egnp.exe", `\u202egnp.exe`},
		{"hidden\u200b\U000e0041", `hidden\u200b\U000e0041`},
		{"no UTF-8: \xff\xfe", `no UTF-8: \xff\xfe`},
	} {
		require.Equal(t, c.want, safe(c.in))
	}
	require.Equal(t, "two\nlines", safeText("two\nlines"))
}

// FuzzSafe: no text brings a control character, or one that hides or reorders text, to a terminal; and JSON stays the same
// value when it is made safe.
func FuzzSafe(f *testing.F) {
	f.Add("\x1b]0;title\a")
	f.Add("é\u2028\u0085\xc2")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range safe(s) {
			require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%q", r)
		}
		text, err := json.Marshal(s)
		require.NoError(t, err)
		escaped := safeJSON(text)
		require.True(t, utf8.Valid(escaped))
		var before, after string
		require.NoError(t, json.Unmarshal(text, &before))
		require.NoError(t, json.Unmarshal(escaped, &after), "%s", escaped)
		require.Equal(t, before, after, "the value stays the same")
		for _, r := range string(escaped) {
			require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%q", r)
		}
	})
}
