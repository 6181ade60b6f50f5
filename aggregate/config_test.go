package aggregate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
)

func TestAConfigReportsAllItsFaultsAtOnce(t *testing.T) {
	_, err := aggregate.NewRepository(aggregate.Config[*Account]{Category: "a-b", RepeatDelay: -1})
	for _, fault := range []string{
		"no Store", "no Registry", "no New", "RepeatDelay is negative", `"a-b" is empty or holds`,
	} {
		require.ErrorContains(t, err, fault)
	}
}

// plain is an Account without snapshots.
type plain struct {
	aggregate.Aggregate[Command, Event]
}

func TestSnapshotsNeedAnAggregateThatCanBeKept(t *testing.T) {
	store := memory.New()
	_, err := aggregate.NewRepository(aggregate.Config[plain]{
		Store: store, Registry: eventstore.NewRegistry(), Category: "plain", New: func(string) plain { return plain{} },
		Snapshots: aggregate.NewStreamSnapshots(store), SnapshotEvery: -1,
	})
	require.ErrorContains(t, err, "aggregate_test.plain is no Snapshotter")
	require.ErrorContains(t, err, "SnapshotEvery is negative")
}

func TestACategoryMustMakeStreamNames(t *testing.T) {
	cfg := aggregate.Config[*Account]{Store: memory.New(), Registry: eventstore.NewRegistry(), New: NewAccount}
	for _, category := range []string{"", "a-", "$account", "a\nb"} {
		cfg.Category = category
		_, err := aggregate.NewRepository(cfg)
		require.ErrorContains(t, err, "Category", "%q", category)
	}
	cfg.Category = "saga:Order"
	repository, err := aggregate.NewRepository(cfg)
	require.NoError(t, err)
	require.Equal(t, "saga:Order-a-7", repository.Stream("a-7"))
}

func TestAnIDThatMakesNoStreamNameIsInvalid(t *testing.T) {
	repository, _ := open(t)
	for _, id := range []string{"", "a\x00b", string(make([]byte, 600))} {
		_, err := repository.Load(t.Context(), id)
		require.ErrorIs(t, err, eventstore.ErrInvalid)
		_, err = repository.Execute(t.Context(), id, Open{}, aggregate.Envelope{})
		require.ErrorIs(t, err, eventstore.ErrInvalid)
	}
}
