package eventstore_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
)

func withHash(metadata []byte, hash [32]byte) []byte {
	member := `"hash":"` + hex.EncodeToString(hash[:]) + `"}`
	if len(metadata) > 2 {
		member = "," + member
	}
	return append(bytes.Clone(metadata[:len(metadata)-1]), member...)
}

var fullMetadata = eventstore.Metadata{
	CorrelationID: "01934e2f-0000-7000-8000-000000000001",
	CausationID:   "01934e2f-0000-7000-8000-000000000002",
	TraceParent:   "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	TraceState:    "vendor=1",
	Actor:         "ada",
	Schema:        2,
	At:            time.Date(2026, 11, 21, 3, 4, 5, 123456789, time.FixedZone("east", 3600)),
	Fence:         1<<64 - 1,
}

func TestMetadataIsWrittenInOneForm(t *testing.T) {
	const full = `{"$correlationId":"01934e2f-0000-7000-8000-000000000001",` +
		`"$causationId":"01934e2f-0000-7000-8000-000000000002",` +
		`"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","tracestate":"vendor=1",` +
		`"actor":"ada","schema":2,"at":"2026-11-21T02:04:05.123456789Z","fence":18446744073709551615}`
	for _, tc := range []struct {
		name string
		m    eventstore.Metadata
		want string
	}{
		{"nothing", eventstore.Metadata{}, `{}`},
		{"everything", fullMetadata, full},
		{"the first schema", eventstore.Metadata{Schema: 1}, `{}`},
		{"a hash, which is left to the chain", eventstore.Metadata{Actor: "a", Hash: [32]byte{1}}, `{"actor":"a"}`},
		{"text to be escaped", eventstore.Metadata{Actor: "a\"\\\n\x00é\xff<"},
			`{"actor":"a\"\\\u000a\u0000é` + "\uFFFD" + `<"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, "before"+tc.want, string(tc.m.AppendJSON([]byte("before"))))
		})
	}
}

func TestMetadataSurvivesTheRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m eventstore.Metadata
		for _, field := range []*string{&m.CorrelationID, &m.CausationID, &m.TraceParent, &m.TraceState, &m.Actor} {
			*field = rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,60}`)).Draw(t, "text")
		}
		m.Schema = rapid.IntRange(1, 12).Draw(t, "schema")
		m.At = time.Unix(rapid.Int64Range(-6e10, 2e11).Draw(t, "s"), rapid.Int64Range(0, 999999999).Draw(t, "ns")).UTC()
		m.Fence = rapid.Uint64().Draw(t, "fence")
		copy(m.Hash[:], rapid.SliceOfN(rapid.Byte(), 0, 32).Draw(t, "hash"))
		text := m.AppendJSON(nil)
		if m.Hash != [32]byte{} {
			text = withHash(text, m.Hash)
		}
		require.True(t, json.Valid(text), "%s", text)
		got, err := eventstore.ParseMetadata(text)
		require.NoError(t, err)
		require.Equal(t, m, got)
		schema, err := eventstore.SchemaOf(text)
		require.NoError(t, err)
		require.Equal(t, m.Schema, schema)
	})
}

func TestForeignMetadataIsTolerated(t *testing.T) {
	at := time.Date(2026, 11, 21, 2, 4, 5, 0, time.UTC)
	for _, tc := range []struct {
		name, text string
		want       eventstore.Metadata
	}{
		{"none", ``, eventstore.Metadata{Schema: 1}},
		{"null", `null`, eventstore.Metadata{Schema: 1}},
		{"empty", `{}`, eventstore.Metadata{Schema: 1}},
		{"white space", " { \"actor\" : \"ada\"\n} ", eventstore.Metadata{Schema: 1, Actor: "ada"}},
		{"another order", `{"schema":3,"actor":"ada"}`, eventstore.Metadata{Schema: 3, Actor: "ada"}},
		{"unknown members", `{"tenant":{"schema":9,"actor":"x"},"$maxAge":7,"actor":"ada"}`,
			eventstore.Metadata{Schema: 1, Actor: "ada"}},
		{"a key that ends like ours", `{"myschema":3,"actor":"a"}`, eventstore.Metadata{Schema: 1, Actor: "a"}},
		{"keys in another case", `{"Actor":"ada","SCHEMA":3}`, eventstore.Metadata{Schema: 1}},
		{"an escaped key", `{"sch\u0065ma":3}`, eventstore.Metadata{Schema: 3}},
		{"a key inside a value", `{"actor":"\"schema\":3"}`, eventstore.Metadata{Schema: 1, Actor: `"schema":3`}},
		{"escapes and text outside ASCII", `{"actor":"\u00e9\té"}`, eventstore.Metadata{Schema: 1, Actor: "é\té"}},
		{"the same key twice", `{"schema":2,"schema":3}`, eventstore.Metadata{Schema: 3}},
		{"null members", `{"actor":null,"schema":null,"at":null}`, eventstore.Metadata{Schema: 1}},
		{"schema zero", `{"schema":0}`, eventstore.Metadata{Schema: 1}},
		{"another zone", `{"at":"2026-11-21T03:04:05+01:00"}`, eventstore.Metadata{Schema: 1, At: at}},
		{"a hash in capitals", `{"hash":"` + strings.Repeat("AB", 32) + `"}`,
			eventstore.Metadata{Schema: 1, Hash: [32]byte(bytes.Repeat([]byte{0xab}, 32))}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := eventstore.ParseMetadata([]byte(tc.text))
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
			schema, err := eventstore.SchemaOf([]byte(tc.text))
			require.NoError(t, err)
			require.Equal(t, tc.want.Schema, schema)
		})
	}
}

func TestMetadataThatCannotBeReadIsInvalid(t *testing.T) {
	for _, text := range []string{
		`[]`, `"schema"`, `7`, `{`, `}`, `{"actor":"a"`, `{"actor":"a",}`, `{"actor":"a"}}`, `{"actor":"a"} x`,
		`{"actor":1}`, `{"actor":"a` + "\n" + `"}`, `{"schema":"2"}`, `{"schema":-1}`, `{"schema":1.5}`, `{"schema":02}`,
		`{"schema":99999999999999999999}`, `{"fence":-1}`, `{"fence":18446744073709551616}`, `{"fence":}`,
		`{"at":"yesterday"}`, `{"at":""}`, `{"at":"2026-13-21T03:04:05Z"}`,
		`{"hash":"ab"}`, `{"hash":"` + strings.Repeat("x", 64) + `"}`, `{"hash":"` + strings.Repeat("a", 66) + `"}`,
	} {
		_, err := eventstore.ParseMetadata([]byte(text))
		require.ErrorIs(t, err, eventstore.ErrInvalid, "%s", text)
		if strings.Contains(text, "schema") {
			_, err = eventstore.SchemaOf([]byte(text))
			require.ErrorIs(t, err, eventstore.ErrInvalid, "%s", text)
		}
	}
}

func TestParsedMetadataSharesNothingWithItsText(t *testing.T) {
	text := []byte(`{"actor":"ada"}`)
	m, err := eventstore.ParseMetadata(text)
	require.NoError(t, err)
	copy(text, bytes.Repeat([]byte("x"), len(text)))
	require.Equal(t, "ada", m.Actor)
}

// FuzzMetadata: the canonical form has a scanner of its own, and white space sends the same text through encoding/json: both
// agree on what a text says and on whether it says anything. What is no JSON is refused, and what was read survives being
// written.
func FuzzMetadata(f *testing.F) {
	full := fullMetadata.AppendJSON(nil)
	for _, seed := range []string{
		`{}`, string(full), string(withHash(full, [32]byte{1})), `{"actor":"\u0041"}`, `{"at":"2026-11-21T02:04:05,5Z"}`,
		`{"schema":2,"schema":3}`, `{"fence":0}`, `{"hash":""}`, `{"actor":"a","unknown":[1,{"schema":2}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := eventstore.ParseMetadata(text)
		if len(text) == 0 {
			return
		}
		require.False(t, err == nil && !json.Valid(text), "accepted what is no JSON")
		if !json.Valid(text) {
			return
		}
		var spaced bytes.Buffer
		spaced.WriteByte(' ')
		require.NoError(t, json.Indent(&spaced, text, " ", " "))
		slow, errSlow := eventstore.ParseMetadata(spaced.Bytes())
		require.Equal(t, err == nil, errSlow == nil, "%v, spaced: %v", err, errSlow)
		require.Equal(t, slow, got)
		if err != nil {
			require.ErrorIs(t, err, eventstore.ErrInvalid)
			return
		}
		schema, err := eventstore.SchemaOf(text)
		require.NoError(t, err)
		require.Equal(t, got.Schema, schema)
		again := got.AppendJSON(nil)
		if got.Hash != [32]byte{} {
			again = withHash(again, got.Hash)
		}
		if year := got.At.Year(); year < 0 || year > 9999 {
			return // a zone can carry an instant out of the years that the format has
		}
		reread, err := eventstore.ParseMetadata(again)
		require.NoError(t, err, "%s", again)
		require.Equal(t, got, reread)
	})
}

// FuzzJSONString: any text becomes a JSON string that means it, but for bytes that are no UTF-8.
func FuzzJSONString(f *testing.F) {
	for _, seed := range []string{"", "plain", "\"\\\n\x1f\x7f", "é\u2028😀", "\xff\xc3", "\uFFFD"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		text := eventstore.AppendJSONString(nil, s)
		require.NoError(t, json.Unmarshal(text, &got), "%s", text)
		require.Equal(t, string([]rune(s)), got, "each broken byte becomes U+FFFD")
	})
}

func BenchmarkMetadataAppend(b *testing.B) {
	m := fullMetadata
	buf := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = m.AppendJSON(buf[:0])
	}
}

func BenchmarkMetadataParse(b *testing.B) {
	text := withHash(fullMetadata.AppendJSON(nil), [32]byte{1})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := eventstore.ParseMetadata(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMetadataSchemaOf(b *testing.B) {
	text := withHash(fullMetadata.AppendJSON(nil), [32]byte{1})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := eventstore.SchemaOf(text); err != nil {
			b.Fatal(err)
		}
	}
}
