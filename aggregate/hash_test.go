package aggregate_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

// covered is everything that the hash of an event stands for.
type covered struct {
	prev            [32]byte
	stream          string
	revision        int64
	id              eventstore.EventID
	eventType, data string
	metadata        string // without the hash
}

// newCovered reads an event as the comment of VerifyLink tells; digits is nil when it carries no hash.
func newCovered(prev [32]byte, ev eventstore.RecordedEvent) (c covered, digits []byte) {
	c = covered{
		prev: prev, stream: ev.Stream, revision: ev.Revision, id: ev.ID, eventType: ev.Type, data: string(ev.Data),
		metadata: string(ev.Metadata),
	}
	if cut := len(ev.Metadata) - len(`,"hash":""}`) - 64; cut > 0 {
		if tail := ev.Metadata[cut:]; bytes.HasPrefix(tail, []byte(`,"hash":"`)) && bytes.HasSuffix(tail, []byte(`"}`)) {
			c.metadata = string(ev.Metadata[:cut]) + "}"
			digits = tail[len(`,"hash":"`) : len(tail)-len(`"}`)]
		}
	}
	return c, digits
}

// hash is computed by the documented layout, and by nothing else.
func (c covered) hash() [32]byte {
	var b bytes.Buffer
	revision := binary.BigEndian.AppendUint64(nil, uint64(c.revision))
	for _, field := range [][]byte{
		c.prev[:], []byte(c.stream), revision, c.id[:], []byte(c.eventType), []byte(c.data), []byte(c.metadata),
	} {
		b.Write(binary.BigEndian.AppendUint64(nil, uint64(len(field))))
		b.Write(field)
	}
	return sha256.Sum256(b.Bytes())
}

// anyLink draws an event from few letters, and those that stand around fields, so that fields of two events often run
// together to the same text.
func anyLink(t *rapid.T) ([32]byte, eventstore.RecordedEvent) {
	text := rapid.StringMatching(`[ab\x00\x01{}"]{0,3}`)
	var prev [32]byte
	prev[31] = rapid.Byte().Draw(t, "previous") & 1
	meta := text.Draw(t, "metadata")
	if rapid.Bool().Draw(t, "with a hash") {
		meta = "{" + meta + `,"hash":"` + hex.EncodeToString(make([]byte, 32)) + `"}`
	}
	return prev, eventstore.RecordedEvent{
		ID: eventstore.EventID{15: rapid.Byte().Draw(t, "id") & 1}, Stream: text.Draw(t, "stream"), Type: text.Draw(t, "type"),
		Revision: rapid.Int64Range(0, 1).Draw(t, "revision"), Data: []byte(text.Draw(t, "data")), Metadata: []byte(meta),
	}
}

// Two events have the same hash just when they are the same in all that the hash covers: no byte can move from one field
// into the next without being noticed. And the hash of an event is the documented one, today and tomorrow.
func TestTheHashTellsAnyTwoEventsApart(t *testing.T) {
	same, different := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		seen := map[[32]byte]covered{}
		type link struct {
			prev [32]byte
			ev   eventstore.RecordedEvent
		}
		var drawn []link
		for range rapid.IntRange(2, 40).Draw(t, "events") {
			prev, ev := anyLink(t)
			if len(drawn) > 0 && rapid.IntRange(0, 3).Draw(t, "again") == 0 {
				one := rapid.SampledFrom(drawn).Draw(t, "one of before")
				prev, ev = one.prev, one.ev
			}
			drawn = append(drawn, link{prev, ev})
			hash, hashed, err := aggregate.VerifyLink(prev, ev)
			is, digits := newCovered(prev, ev)
			require.Equal(t, digits != nil, hashed)
			require.Equal(t, hashed, err != nil, "a hash of zeros matches nothing")
			require.Equal(t, is.hash(), hash)
			if other, known := seen[hash]; known {
				same++
				require.Equal(t, other, is, "two events have one hash")
			} else {
				different++
			}
			seen[hash] = is
		}
	})
	require.NotZero(t, same, "no event was drawn twice")
	require.NotZero(t, different)
}

// FuzzVerifyLink: whatever an event holds, the hash of it is the documented one, and it is said to follow just when the
// hash that it carries, if it carries one, is that.
func FuzzVerifyLink(f *testing.F) {
	digits := hex.EncodeToString(bytes.Repeat([]byte{0xab}, 32))
	for _, metadata := range []string{
		``, `{}`, `{"actor":"a"}`, `,"hash":"` + digits + `"}`, `{,"hash":"` + digits + `"}`, `{"a":1,"hash":"` + digits + `"}`,
		`{"a":1,"hash":"` + digits + `"} `, `{"hash":"` + digits + `"}`,
	} {
		f.Add([]byte(nil), "account-7", int64(3), "MoneyDeposited", []byte(`{"Amount":5}`), []byte(metadata))
	}
	f.Fuzz(func(t *testing.T, prev []byte, stream string, revision int64, eventType string, data, metadata []byte) {
		var before [32]byte
		copy(before[:], prev)
		ev := eventstore.RecordedEvent{
			ID: eventstore.EventID{1}, Stream: stream, Revision: revision, Type: eventType, Data: data, Metadata: metadata,
		}
		want, digits := newCovered(before, ev)
		hash, hashed, err := aggregate.VerifyLink(before, ev)
		require.Equal(t, want.hash(), hash)
		require.Equal(t, digits != nil, hashed)
		matches := string(digits) == hex.EncodeToString(hash[:])
		require.Equal(t, hashed && !matches, errors.Is(err, aggregate.ErrChainBroken), "%v", err)
		require.Equal(t, hashed && !matches, err != nil)
		if len(metadata) < 2 || hashed {
			return
		}
		ev.Metadata = append(bytes.Clone(metadata[:len(metadata)-1]), `,"hash":"`...)
		ev.Metadata = append(hex.AppendEncode(ev.Metadata, hash[:]), `"}`...)
		if metadata[len(metadata)-1] == '}' {
			again, hashed, err := aggregate.VerifyLink(before, ev)
			require.NoError(t, err, "an event follows once it carries its hash")
			require.True(t, hashed)
			require.Equal(t, hash, again)
		}
	})
}

// FuzzDecodeEvent: whatever a stream holds, decoding gives an event of the aggregate, or a *DecodeError that names the
// place; and an account that takes the event answers every command.
func FuzzDecodeEvent(f *testing.F) {
	registry, err := NewRegistry()
	require.NoError(f, err)
	require.NoError(f, eventstore.Register[struct{ Other int }](registry, "Other"))
	for _, eventType := range []string{"AccountOpened", "MoneyDeposited", "MoneyWithdrawn", "Other", "Vanished"} {
		f.Add(eventType, []byte(`{"Amount":5,"Owner":"Ada"}`), []byte(`{"actor":"ada"}`))
		f.Add(eventType, []byte(`{"Amount":"5"}`), []byte(`{"schema":1}`))
		f.Add(eventType, []byte(`null`), []byte(`{"schema":2}`))
		f.Add(eventType, []byte(`{}`), []byte(`{"schema":`))
	}
	f.Fuzz(func(t *testing.T, eventType string, data, metadata []byte) {
		ev := eventstore.RecordedEvent{Stream: "account-7", Revision: 4, Type: eventType, Data: data, Metadata: metadata}
		event, err := aggregate.DecodeEvent[Event](registry, ev)
		if err != nil {
			var facts *aggregate.DecodeError
			require.ErrorAs(t, err, &facts)
			require.Equal(t, []any{"account-7", int64(4), eventType}, []any{facts.Stream, facts.Revision, facts.Type})
			require.Nil(t, event)
			return
		}
		encoded, err := registry.Encode(event)
		require.NoError(t, err)
		require.Equal(t, eventType, encoded.Type)
		account := NewAccount("7")
		account.Evolve(event)
		for _, command := range []Command{Open{}, Deposit{Amount: 1}, Withdraw{Amount: 1}} {
			events, err := account.Decide(command)
			require.True(t, err == nil || len(events) == 0)
		}
	})
}
