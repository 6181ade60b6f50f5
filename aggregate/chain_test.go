package aggregate_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

// The vector was computed by another program from the layout in VerifyLink's comment.
func TestTheHashIsTheDocumentedOne(t *testing.T) {
	ev := eventstore.RecordedEvent{
		ID:       eventstore.EventID{0x01, 0x93, 0x4e, 0x2f, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1},
		Stream:   "account-7",
		Revision: 3,
		Type:     "MoneyDeposited",
		Data:     []byte(`{"Amount":5}`),
		Metadata: []byte(`{"actor":"ada","at":"2026-11-21T03:04:05Z"}`),
	}
	prev := [32]byte{1, 2, 3}
	const want = "25b0ca2f1617acaee1c80d7b78fa1192e83bb5012860600e2e875e25ecdea274"

	hash, hashed, err := aggregate.VerifyLink(prev, ev)
	require.NoError(t, err)
	require.False(t, hashed, "it carries none yet")
	require.Equal(t, want, hex.EncodeToString(hash[:]))

	ev.Metadata = []byte(`{"actor":"ada","at":"2026-11-21T03:04:05Z","hash":"` + want + `"}`)
	hash, hashed, err = aggregate.VerifyLink(prev, ev)
	require.NoError(t, err)
	require.True(t, hashed)
	require.Equal(t, want, hex.EncodeToString(hash[:]))

	_, _, err = aggregate.VerifyLink([32]byte{}, ev)
	require.ErrorIs(t, err, aggregate.ErrChainBroken)
	require.ErrorContains(t, err, want)
}

func TestAnAlteredStreamIsFound(t *testing.T) {
	for _, tc := range []struct {
		name  string
		alter func(ev *eventstore.RecordedEvent)
	}{
		{"id", func(ev *eventstore.RecordedEvent) { ev.ID[15] ^= 1 }},
		{"type", func(ev *eventstore.RecordedEvent) { ev.Type = "MoneyWithdrawn" }},
		{"stream", func(ev *eventstore.RecordedEvent) { ev.Stream = "account-8" }},
		{"revision", func(ev *eventstore.RecordedEvent) { ev.Revision = 5 }},
		{"data", func(ev *eventstore.RecordedEvent) { ev.Data = bytes.Replace(ev.Data, []byte("20"), []byte("90"), 1) }},
		{"metadata", func(ev *eventstore.RecordedEvent) {
			ev.Metadata = bytes.Replace(ev.Metadata, []byte("202"), []byte("203"), 1)
		}},
		{"hash", func(ev *eventstore.RecordedEvent) { ev.Metadata[len(ev.Metadata)-3] ^= 1 }},
		{"case of the hash", func(ev *eventstore.RecordedEvent) {
			from := bytes.LastIndex(ev.Metadata, []byte(`"hash":"`)) + len(`"hash":"`)
			copy(ev.Metadata[from:], bytes.ToUpper(ev.Metadata[from:len(ev.Metadata)-2]))
		}},
	} {
		t.Run("its "+tc.name, func(t *testing.T) {
			repository, store := open(t)
			execute(t, repository, "7", Open{}, Deposit{Amount: 10}, Deposit{Amount: 20}, Deposit{Amount: 30})
			store.reading = func(ev *eventstore.RecordedEvent) bool {
				if ev.Revision == 2 {
					tc.alter(ev)
				}
				return true
			}
			_, err := repository.Load(t.Context(), "7")
			require.ErrorIs(t, err, aggregate.ErrChainBroken)
			var facts *aggregate.ChainError
			require.ErrorAs(t, err, &facts)
			require.Equal(t, int64(2), facts.Revision)
			_, err = repository.Execute(t.Context(), "7", Deposit{Amount: 1}, aggregate.Envelope{})
			require.ErrorIs(t, err, aggregate.ErrChainBroken, "and nobody decides on it")
		})
	}
}

func TestARemovedEventIsFound(t *testing.T) {
	repository, store := open(t)
	execute(t, repository, "7", Open{}, Deposit{Amount: 10}, Deposit{Amount: 20}, Deposit{Amount: 30})
	t.Run("by the gap", func(t *testing.T) {
		store.reading = func(ev *eventstore.RecordedEvent) bool { return ev.Revision != 1 }
		_, err := repository.Load(t.Context(), "7")
		require.ErrorIs(t, err, aggregate.ErrChainBroken)
	})
	t.Run("by the hash, when the rest is renumbered", func(t *testing.T) {
		store.reading = func(ev *eventstore.RecordedEvent) bool {
			keep := ev.Revision != 1
			if ev.Revision > 1 {
				ev.Revision--
			}
			return keep
		}
		_, err := repository.Load(t.Context(), "7")
		require.ErrorIs(t, err, aggregate.ErrChainBroken)
	})
}

func TestAChainIsOfOneStream(t *testing.T) {
	var chain aggregate.Chain
	require.NoError(t, chain.Next(eventstore.RecordedEvent{Stream: "account-7"}))
	err := chain.Next(eventstore.RecordedEvent{Stream: "account-8", Revision: 1})
	require.ErrorIs(t, err, aggregate.ErrChainBroken)
	require.ErrorContains(t, err, `revision 1 of stream "account-8"`)
	require.Equal(t, int64(0), chain.Head().Revision, "the head is where it held")
}

func TestATruncatedFrontIsReportedAndGoneOnFrom(t *testing.T) {
	repository, store := open(t)
	head := execute(t, repository, "7", Open{}, Deposit{Amount: 10}, Deposit{Amount: 20}, Deposit{Amount: 30}).Head
	store.reading = func(ev *eventstore.RecordedEvent) bool { return ev.Revision >= 2 }
	loaded, err := repository.Load(t.Context(), "7")
	require.NoError(t, err)
	require.True(t, loaded.Chain.Truncated())
	require.False(t, loaded.Chain.Complete())
	require.Equal(t, aggregate.ChainReport{First: 2, Events: 2}, loaded.Chain)
	require.Equal(t, head, loaded.Head)
	require.Equal(t, 50, loaded.Aggregate.Balance)

	execute(t, repository, "7", Withdraw{Amount: 1})
	store.reading = nil
	loaded, err = repository.Load(t.Context(), "7")
	require.NoError(t, err)
	require.True(t, loaded.Chain.Complete(), "the front was only hidden")

	t.Run("an altered event behind the first is still found", func(t *testing.T) {
		store.reading = func(ev *eventstore.RecordedEvent) bool {
			if ev.Revision == 3 {
				ev.Data[10] ^= 1
			}
			return ev.Revision >= 2
		}
		_, err := repository.Load(t.Context(), "7")
		require.ErrorIs(t, err, aggregate.ErrChainBroken)
	})
	t.Run("a first hash that is no hash is found", func(t *testing.T) {
		store.reading = func(ev *eventstore.RecordedEvent) bool {
			if ev.Revision == 2 {
				ev.Metadata[len(ev.Metadata)-3] = 'x'
			}
			return ev.Revision >= 2
		}
		_, err := repository.Load(t.Context(), "7")
		var facts *aggregate.ChainError
		require.ErrorAs(t, err, &facts)
		require.Equal(t, int64(2), facts.Revision)
	})
}

func TestForeignEventsAreReportedAndCoveredByTheNextHash(t *testing.T) {
	repository, store := open(t)
	foreign := func(expected eventstore.ExpectedRevision, metadata string) {
		id, err := eventstore.NewEventID()
		require.NoError(t, err)
		_, err = store.Store.Append(t.Context(), "account-7", expected, eventstore.EventData{
			ID: id, Type: "MoneyDeposited", Data: []byte(`{"Amount":100}`), Metadata: []byte(metadata),
		})
		require.NoError(t, err)
	}
	foreign(eventstore.NoStream, "")
	execute(t, repository, "7", Open{}, Withdraw{Amount: 30})
	foreign(eventstore.Exactly(2), `{"$correlationId":"x", "hash":"none of ours"}`)

	loaded, err := repository.Load(t.Context(), "7")
	require.NoError(t, err)
	require.Equal(t, aggregate.ChainReport{Events: 4, Unhashed: 2}, loaded.Chain)
	require.False(t, loaded.Chain.Complete())
	require.False(t, loaded.Chain.Truncated())
	require.Equal(t, 170, loaded.Aggregate.Balance)

	execute(t, repository, "7", Deposit{Amount: 1})
	for _, revision := range []int64{0, 3} {
		store.reading = func(ev *eventstore.RecordedEvent) bool {
			if ev.Revision == revision {
				ev.Data = []byte(`{"Amount":900}`)
			}
			return true
		}
		_, err = repository.Load(t.Context(), "7")
		var facts *aggregate.ChainError
		require.ErrorAs(t, err, &facts)
		require.Equal(t, revision+1, facts.Revision, "the next chained event does not follow from it")
	}
}

func TestEventsThatCannotBeDecodedAreNamed(t *testing.T) {
	for _, tc := range []struct {
		name string
		ev   eventstore.EventData
		is   error
		says string
	}{
		{"an unknown type", eventstore.EventData{Type: "Vanished", Data: []byte(`{}`)}, eventstore.ErrUnknownType, "Vanished"},
		{"data that does not fit", eventstore.EventData{Type: "MoneyDeposited", Data: []byte(`{"Amount":"x"}`)}, nil, "Amount"},
		{"a newer schema", eventstore.EventData{
			Type: "MoneyDeposited", Data: []byte(`{}`), Metadata: []byte(`{"schema":2}`),
		}, eventstore.ErrNewerSchema, "schema 2"},
		{"metadata that is no JSON", eventstore.EventData{
			Type: "MoneyDeposited", Data: []byte(`{}`), Metadata: []byte(`{"schema":`),
		}, eventstore.ErrInvalid, "no JSON object"},
		{"an event of something else", eventstore.EventData{
			Type: "Other", Data: []byte(`{}`),
		}, nil, "no event of this aggregate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			registry := registryOf(t)
			require.NoError(t, eventstore.Register[struct{ Other int }](registry, "Other"))
			repository, store := open(t, func(c *aggregate.Config[*Account]) { c.Registry = registry })
			execute(t, repository, "7", Open{})
			tc.ev.ID = eventstore.EventID{1}
			_, err := store.Store.Append(t.Context(), "account-7", eventstore.Exactly(0), tc.ev)
			require.NoError(t, err)
			_, err = repository.Load(t.Context(), "7")
			var facts *aggregate.DecodeError
			require.ErrorAs(t, err, &facts)
			require.Equal(t, "account-7", facts.Stream)
			require.Equal(t, int64(1), facts.Revision)
			require.Equal(t, tc.ev.Type, facts.Type)
			require.ErrorContains(t, err, tc.says)
			if tc.is != nil {
				require.ErrorIs(t, err, tc.is)
			}
			_, err = aggregate.DecodeEvent[Event](registry, store.history(t, "account-7")[1])
			require.ErrorAs(t, err, &facts)
		})
	}
}

// Whatever byte of whatever event is altered: the chain does not hold, or, where the hash member itself was made
// unrecognisable, the event is reported as one that carries no hash.
func TestNoAlteredByteGoesUnnoticed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		repository, store := open(t)
		execute(t, repository, "7", Open{Owner: rapid.String().Draw(rt, "owner")})
		for _, amount := range rapid.SliceOfN(rapid.IntRange(0, 1e6), 1, 5).Draw(rt, "amounts") {
			execute(t, repository, "7", Deposit{Amount: amount})
		}
		events := store.history(t, "account-7")
		victim := &events[rapid.IntRange(0, len(events)-1).Draw(rt, "victim")]
		part := rapid.SampledFrom([]string{"type", "data", "metadata"}).Draw(rt, "part")
		text := map[string][]byte{"type": []byte(victim.Type), "data": victim.Data, "metadata": victim.Metadata}[part]
		text = slices.Clone(text)
		at := rapid.IntRange(0, len(text)-1).Draw(rt, "at")
		text[at] ^= byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
		inHashMember := false
		switch part {
		case "type":
			victim.Type = string(text)
		case "data":
			victim.Data = text
		case "metadata":
			inHashMember = at >= len(text)-75
			victim.Metadata = text
		}

		var chain aggregate.Chain
		var err error
		for i := 0; i < len(events) && err == nil; i++ {
			err = chain.Next(events[i])
		}
		if err == nil && inHashMember {
			require.Equal(rt, int64(1), chain.Report().Unhashed)
			return
		}
		require.ErrorIs(rt, err, aggregate.ErrChainBroken)
	})
}
