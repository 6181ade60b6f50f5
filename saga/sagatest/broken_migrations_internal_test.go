package sagatest

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// misled is the log of a program that migrates, with a defect.
type misled struct {
	eventstore.Store
	append func(stream string, expected eventstore.ExpectedRevision, ev eventstore.EventData) (eventstore.AppendResult, error)
	hides  func(eventstore.RecordedEvent) bool
}

func (m *misled) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision, events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	if m.append == nil {
		return m.Store.Append(ctx, stream, expected, events...)
	}
	return m.append(stream, expected, events[0])
}

func (m *misled) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for ev, err := range m.Store.ReadAll(ctx, after, dir, f) {
			if err == nil && m.hides != nil && m.hides(ev) {
				continue
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

// withoutRevision appends a migration to whatever there is by now.
func withoutRevision(st *stage) {
	st.office = func(store eventstore.Store) eventstore.Store {
		m := &misled{Store: store}
		m.append = func(stream string, expected eventstore.ExpectedRevision, ev eventstore.EventData) (eventstore.AppendResult, error) {
			for {
				result, err := store.Append(context.Background(), stream, expected, ev)
				if !errors.Is(err, eventstore.ErrConflict) {
					return result, err
				}
				for last, err := range store.ReadStream(context.Background(), stream, 0, eventstore.Forwards) {
					if err != nil {
						return result, err
					}
					expected = eventstore.Exactly(last.Revision)
				}
			}
		}
		return m
	}
}

// overlooking does not see that the second saga has begun.
func overlooking(st *stage) {
	st.office = func(store eventstore.Store) eventstore.Store {
		return &misled{Store: store, hides: func(ev eventstore.RecordedEvent) bool {
			return ev.Type == saga.TypeSagaStarted && strings.HasSuffix(ev.Stream, "2")
		}}
	}
}

// boastful tells of a migration that nobody has stored.
func boastful(st *stage) {
	st.office = func(store eventstore.Store) eventstore.Store {
		m := &misled{Store: store}
		m.append = func(string, eventstore.ExpectedRevision, eventstore.EventData) (eventstore.AppendResult, error) {
			return eventstore.AppendResult{}, nil
		}
		return m
	}
}

// byTheOldPlan gives an orchestrator sagas as they would be if they had not been migrated.
func byTheOldPlan(st *stage) {
	engineWith(func(in saga.Input) saga.Input {
		loaded, is := in.(saga.SagaLoaded)
		if !is || loaded.Instance == nil || len(st.store.w.byRef[loaded.Ref].moves) == 0 {
			return in
		}
		old := saga.NewInstance(loaded.Ref)
		for ev, err := range st.store.w.log.ReadStream(context.Background(), loaded.Ref.Stream(), 0, eventstore.Forwards) {
			value, unknown := st.registry.Decode(ev.Type, 1, ev.Data)
			if err != nil || unknown != nil || ev.Revision > loaded.Head.Revision {
				break
			}
			if ev.Type != saga.TypeSagaMigrated {
				old.Evolve(value.(saga.Event))
			}
		}
		loaded.Instance = old
		return loaded
	}, nil)(st)
}

func TestDefectsOfMigrationsAreFound(t *testing.T) {
	for _, d := range []struct {
		name   string
		build  func(*stage)
		of     func() Case[goods]
		breaks string
	}{
		{"an orchestrator that goes on by the old plan", byTheOldPlan, pivotAndRetriable, "breaks G17"},
		{"an orchestrator that goes on by the old plan, which has a step more", byTheOldPlan, everyLimit, "breaks G3"},
		{"a migration without the expected revision", withoutRevision, everyLimit, "breaks G20"},
		{"a migration that overlooks sagas", overlooking, pivotAndRetriable, "these sagas were open"},
		{"a migration that tells of what it has not stored", boastful, pivotAndRetriable, "its history does not tell so"},
	} {
		t.Run(d.name, func(t *testing.T) {
			st, err := newStage()
			require.NoError(t, err)
			defer st.crew.dismiss()
			d.build(st)
			r, seed := result{}, uint64(0)
			for r.err == nil {
				seed++
				require.Less(t, seed, uint64(400), "it was not found")
				r = simulate(st, subjects(d.of), seed, Seeds{Sagas: 3}, false)
			}
			require.Regexp(t, d.breaks, r.err.Error())
		})
	}
}

func TestFaultsOfMigrationsAreCutDownAsOthersAre(t *testing.T) {
	st, err := newStage()
	require.NoError(t, err)
	defer st.crew.dismiss()
	byTheOldPlan(st)
	q := &quietly{}
	sum := st.simulate(q, subjects(pivotAndRetriable), Seeds{Count: 400})
	require.Error(t, sum.Err)
	require.LessOrEqual(t, len(sum.Shrunk.Only), 3)
	require.Contains(t, strings.Join(sum.Shrunk.Only, ", "), faultMigrate)
	require.Regexp(t, `operator +migrates sagas of Trip`, q.told.String())
}
