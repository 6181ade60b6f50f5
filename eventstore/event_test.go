package eventstore_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
)

func TestNewEventIDsAreFreshAndInOrder(t *testing.T) {
	ids := make([]string, 1000)
	for i := range ids {
		id, err := eventstore.NewEventID()
		require.NoError(t, err)
		require.False(t, id.IsZero())
		require.Equal(t, byte(7), id[6]>>4, "the version of the UUID")
		ids[i] = id.String()
	}
	require.True(t, slices.IsSorted(ids))
	require.Len(t, slices.Compact(ids), 1000)
	require.True(t, eventstore.EventID{}.IsZero())
}

func TestAnEventIDSurvivesAsText(t *testing.T) {
	const text = "01934e2f-0000-7000-8000-0000000000ff"
	var id eventstore.EventID
	require.NoError(t, json.Unmarshal([]byte(`"`+text+`"`), &id))
	require.Equal(t, text, id.String())
	again, err := json.Marshal(id)
	require.NoError(t, err)
	require.Equal(t, `"`+text+`"`, string(again))

	var plain eventstore.EventID
	require.NoError(t, plain.UnmarshalText([]byte(strings.ReplaceAll(text, "-", ""))))
	require.Equal(t, id, plain)
	require.NoError(t, plain.UnmarshalText([]byte(strings.ToUpper(text))))
	require.Equal(t, id, plain)
}

func TestTextThatIsNoEventIDIsInvalid(t *testing.T) {
	const text = "01934e2f-0000-7000-8000-0000000000ff"
	for _, bad := range []string{
		"", "7", text[1:], text + "0", "{" + text + "}", "urn:uuid:" + text, strings.Replace(text, "f", "g", 1),
		strings.Repeat("x", 32), strings.Repeat("0", 36),
	} {
		kept := eventstore.EventID{7}
		require.ErrorIs(t, kept.UnmarshalText([]byte(bad)), eventstore.ErrInvalid, "%q", bad)
		require.Equal(t, eventstore.EventID{7}, kept, "a failed read changes nothing")
	}
}

func TestKindsAndDirectionsHaveNames(t *testing.T) {
	require.Equal(t, "forwards", eventstore.Forwards.String())
	require.Equal(t, "backwards", eventstore.Backwards.String())
	require.Equal(t, "event", eventstore.KindEvent.String())
	require.Equal(t, "checkpoint", eventstore.KindCheckpoint.String())
	require.Equal(t, "caught up", eventstore.KindCaughtUp.String())
	require.Equal(t, "unknown", eventstore.MessageKind(0).String(), "the zero message is none")
}
