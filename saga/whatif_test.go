package saga_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// written appends the events of a tale to a log as those of a saga, as far as the log does not have them.
func written(t testing.TB, log eventstore.Store, ref saga.Ref, s *tale, from, to int) {
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	expected := eventstore.NoStream
	if from > 0 {
		expected = eventstore.Exactly(int64(from - 1))
	}
	var batch []eventstore.EventData
	for i, event := range s.events[from:to] {
		if started, is := event.(saga.SagaStarted); is {
			started.ID = ref.ID
			event = started
		}
		encoded, err := registry.Encode(event)
		require.NoError(t, err)
		data := bytes.ReplaceAll(encoded.Data, []byte(`"`+s.ref.String()+"/"), []byte(`"`+ref.String()+"/")) // keys
		id, err := eventstore.NewEventID()
		require.NoError(t, err)
		meta := eventstore.Metadata{At: s.at[from+i], Schema: encoded.Schema}
		batch = append(batch, eventstore.EventData{
			ID: id, Type: encoded.Type, Data: data, Metadata: meta.AppendJSON(nil),
		})
	}
	_, err = log.Append(context.Background(), ref.Stream(), expected, batch...)
	require.NoError(t, err)
}

// refusedOrder is a saga whose second step is refused.
func refusedOrder(t rapid.TB) *tale {
	s := begin(t, orderDef())
	s.ends(ok("1"), "did reserve 1", "do pay 1")
	s.pass(time.Minute)
	s.ends(refused, "failed pay 1 for good", "turn at pay: reserve", "undo reserve 1")
	s.ends(ok(""), "undid reserve 1", "SagaFailed")
	return s
}

func told(t require.TestingT, what iter.Seq2[saga.Rehearsal, error]) []string {
	var list []string
	for r, err := range what {
		require.NoError(t, err)
		list = append(list, fmt.Sprintf("%s %s", r.Ref.ID, r.Verdict))
	}
	return list
}

func TestWhatIfTellsOfEachSagaOfALogOnce(t *testing.T) {
	log, s := memory.New(), refusedOrder(t)
	ref := func(name, id string) saga.Ref { return saga.Ref{Name: name, ID: id} }
	written(t, log, ref("Order", "open"), s, 0, 4)
	written(t, log, ref("Order", "first"), s, 0, 4)
	written(t, log, ref("Order", "early"), s, 0, 2)
	written(t, log, ref("Orders", "other"), begin(t, define("Orders", literal("a", once()))), 0, 2)
	written(t, log, ref("Order", "second"), s, 0, len(s.events))
	written(t, log, ref("Order", "first"), s, 4, len(s.events))
	written(t, log, ref("Order", "cut"), &tale{events: s.events[1:], at: s.at[1:]}, 0, 1)
	_, err := log.Append(t.Context(), ref("Order", "strange").Stream(), eventstore.NoStream,
		eventstore.EventData{ID: eventstore.EventID{1}, Type: "StepExploded", Data: []byte("{}"), Metadata: []byte("{}")})
	require.NoError(t, err)
	what := func(filter saga.WhatIfFilter, d saga.Definition[goods]) []string {
		return told(t, saga.WhatIf(t.Context(), log, filter, d))
	}

	require.Equal(t, []string{"second same", "first same", "open same", "early same", "cut cannot read", "strange cannot read"},
		what(saga.WhatIfFilter{}, orderDef()))
	changed := orderDef()
	changed.Version, changed.Steps[1] = 2, literal("pay_later", saga.StepOptions{})
	require.Equal(t, []string{
		"second cannot migrate", "first cannot migrate", "open cannot migrate", "early cannot migrate",
		"cut cannot read", "strange cannot read",
	}, what(saga.WhatIfFilter{}, changed))
	longer := orderDef()
	longer.Steps = append(longer.Steps, literal("thank", saga.StepOptions{}))
	require.Equal(t, []string{"second same", "first same", "open same", "early same"}, what(saga.WhatIfFilter{}, longer)[:4])
	checked := orderDef()
	checked.Steps = append([]saga.Step[goods]{checked.Steps[0], looked("check", once())}, checked.Steps[1:]...)
	require.Equal(t, []string{"second would differ", "first would differ", "open would differ", "early same"},
		what(saga.WhatIfFilter{}, checked)[:4])

	t.Run("by what is chosen", func(t *testing.T) {
		require.Equal(t, []string{"open same", "early same"}, what(saga.WhatIfFilter{OpenOnly: true}, orderDef())[:2])
		require.Equal(t, []string{"second same", "strange cannot read"}, what(saga.WhatIfFilter{IDPrefix: "s"}, orderDef()))
		require.Len(t, what(saga.WhatIfFilter{StartedFrom: noon, StartedBefore: noon.Add(1)}, orderDef()), 6)
		require.Equal(t, []string{"strange cannot read"}, what(saga.WhatIfFilter{StartedFrom: noon.Add(1)}, orderDef()))
		require.Equal(t, []string{"strange cannot read"}, what(saga.WhatIfFilter{StartedBefore: noon}, orderDef()))
	})
	t.Run("as far as somebody looks", func(t *testing.T) {
		for r, err := range saga.WhatIf(t.Context(), log, saga.WhatIfFilter{}, orderDef()) {
			require.NoError(t, err)
			require.Equal(t, "second", r.Ref.ID)
			break
		}
	})
}

// gappy is a log that leaves events of one type out.
type gappy struct {
	eventstore.Store
	without string
}

func (g gappy) ReadAll(ctx context.Context, after eventstore.Position, d eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for ev, err := range g.Store.ReadAll(ctx, after, d, f) {
			if ev.Type != g.without && !yield(ev, err) {
				return
			}
		}
	}
}

func TestAHistoryWithAGapIsNotRehearsed(t *testing.T) {
	log, s := memory.New(), begin(t, orderDef())
	s.ends(failed, "failed reserve 1", "retry reserve 2")
	s.now = dueOf(s.events[3])
	s.then(saga.Proceed{Now: s.now}, "do reserve 2")
	written(t, log, s.ref, s, 0, len(s.events))
	for r, err := range saga.WhatIf(t.Context(), gappy{log, saga.TypeStepRetryScheduled}, saga.WhatIfFilter{}, orderDef()) {
		require.NoError(t, err)
		require.Equal(t, "Order/7: cannot read: revision 4 follows revision 2", r.String())
	}
}

func TestWhatIfEndsWithItsError(t *testing.T) {
	fails := func(ctx context.Context, log eventstore.Store, d saga.Definition[goods]) (err error) {
		n := 0
		for _, err = range saga.WhatIf(ctx, log, saga.WhatIfFilter{}, d) {
			n++
		}
		require.Equal(t, 1, n)
		return err
	}
	log := memory.New()
	require.ErrorIs(t, fails(t.Context(), log, define("Order")), saga.ErrInvalidDefinition)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, fails(ctx, log, orderDef()), context.Canceled)
	require.NoError(t, log.Close())
	require.ErrorIs(t, fails(t.Context(), log, orderDef()), eventstore.ErrClosed)
}

// What a log tells is what each history tells by itself, however the sagas of it are mixed.
func TestWhatIfRehearsesEachHistoryOfAnyLog(t *testing.T) {
	verdicts := map[saga.Verdict]int{}
	rapid.Check(t, func(rt *rapid.T) {
		w, d := tall(rt)
		changed := d
		changed.Steps = append([]saga.Step[goods]{}, d.Steps...)
		changed.Steps[0] = looked("fresh", once())
		if changed.Validate() != nil {
			return
		}
		log := memory.New()
		cut := rapid.IntRange(1, len(w.events)).Draw(rt, "cut")
		one, other := saga.Ref{Name: "Walk", ID: "7"}, saga.Ref{Name: "Walk", ID: "8"}
		written(t, log, one, w.tale, 0, cut)
		written(t, log, other, w.tale, 0, len(w.events))
		if cut < len(w.events) {
			written(t, log, one, w.tale, cut, len(w.events))
		}
		for _, def := range []saga.Definition[goods]{d, changed} {
			want, err := saga.Rehearse(w.ref, pastOf(w.tale, len(w.events)), def)
			require.NoError(rt, err)
			verdicts[want.Verdict]++
			n := 0
			for r, err := range saga.WhatIf(t.Context(), log, saga.WhatIfFilter{}, def) {
				require.NoError(rt, err)
				if n++; r.Ref == one {
					require.Equal(rt, want.String(), r.String())
				}
			}
			require.Equal(rt, 2, n)
		}
	})
	require.NotZero(t, verdicts[saga.WouldBeSame])
	require.NotZero(t, verdicts[saga.CannotMigrate])
}

// BenchmarkWhatIf rehearses 10,000 recorded sagas in memory, of four steps, every second one compensated, under a definition
// that would take another course with the compensated ones.
func BenchmarkWhatIf(b *testing.B) {
	const sagas = 10_000
	log := memory.New()
	good := begin(b, orderDef())
	for !good.fold().State().Ended() {
		good.decide(good.ending(ok("1")))
	}
	bad := refusedOrder(b)
	for i := range sagas {
		s := good
		if i%2 == 1 {
			s = bad
		}
		written(b, log, saga.Ref{Name: "Order", ID: fmt.Sprint(i)}, s, 0, len(s.events))
	}
	changed := orderDef()
	changed.Version, changed.Steps[1] = 2, readOnly("pay", saga.StepOptions{})
	for b.Loop() {
		n := 0
		for _, err := range saga.WhatIf(context.Background(), log, saga.WhatIfFilter{}, changed) {
			require.NoError(b, err)
			n++
		}
		require.Equal(b, sagas, n)
	}
}

func TestWhatIsMissingIsAnErrorAndNoPanic(t *testing.T) {
	options := saga.MigrateOptions{Actor: "ann", Reason: "new terms"}
	var none saga.AnyDefinition
	_, err := saga.New(saga.Config{Store: memory.New(), Definitions: []saga.AnyDefinition{none}})
	require.ErrorIs(t, err, saga.ErrInvalidDefinition)
	_, err = saga.Rehearse(orderRef, nil, none)
	require.ErrorIs(t, err, saga.ErrInvalidDefinition)
	for _, err = range saga.WhatIf(t.Context(), memory.New(), saga.WhatIfFilter{}, none) {
		require.ErrorIs(t, err, saga.ErrInvalidDefinition)
	}
	for _, err = range saga.Migrate(t.Context(), memory.New(), saga.WhatIfFilter{}, none, options) {
		require.ErrorIs(t, err, saga.ErrInvalidDefinition)
	}
	err = nil
	for _, err = range saga.WhatIf(t.Context(), nil, saga.WhatIfFilter{}, orderDef()) {
		require.ErrorContains(t, err, "no Store")
	}
	require.Error(t, err)
	err = nil
	for _, err = range saga.Migrate(t.Context(), nil, saga.WhatIfFilter{}, orderDef(), options) {
		require.ErrorContains(t, err, "no Store")
	}
	require.Error(t, err)
}
