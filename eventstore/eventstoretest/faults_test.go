package eventstoretest_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
)

// fault is one way to break a store, with the cases that must notice and a part of what they say.
type fault struct {
	fault    string
	breaks   func(s *memory.Store) eventstore.Store
	caughtBy []caught
}

type caught struct{ group, name, says string }

func brokenStores() []fault {
	return slices.Concat(brokenAppends(), brokenBatches(), brokenRepeats(), brokenReads(), brokenStreams(),
		brokenSubscriptions(), brokenSignals(), brokenRest(), brokenLocks(), brokenLeases())
}

type appendFunc = func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events []eventstore.EventData) (eventstore.AppendResult, error)

func appending(spoil func(s *memory.Store) appendFunc) func(s *memory.Store) eventstore.Store {
	return func(s *memory.Store) eventstore.Store { return broken{Store: s, append: spoil(s)} }
}

func brokenAppends() []fault {
	return []fault{
		{"the expected revision is ignored", appending(func(s *memory.Store) appendFunc {
			return func(ctx context.Context, stream string, _ eventstore.ExpectedRevision,
				events []eventstore.EventData) (eventstore.AppendResult, error) {
				return s.Append(ctx, stream, eventstore.Any, events...)
			}
		}), []caught{
			{"expected revision", "NoStream on a stream that exists is a conflict", "got error <nil>"},
			{"concurrent writers", "of many writers at one revision exactly one wins", "number of events"},
			{"repeat", "a repeat under NoStream returns the first outcome", "revision of the repeat"},
		}},
		{"a conflict has no facts", appending(func(s *memory.Store) appendFunc {
			return func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
				events []eventstore.EventData) (eventstore.AppendResult, error) {
				result, err := s.Append(ctx, stream, expected, events...)
				if errors.Is(err, eventstore.ErrConflict) {
					err = eventstore.ErrConflict
				}
				return result, err
			}
		}), []caught{
			{"expected revision", "Exactly ahead of the stream is a conflict", "want it as *eventstore.ConflictError"},
			{"concurrent writers", "of many writers that start a stream exactly one wins", "want it as"},
		}},
		{"a batch is stored in another order", func(s *memory.Store) eventstore.Store {
			return appendsInstead(s, func(events []eventstore.EventData) []eventstore.EventData {
				slices.Reverse(events)
				return events
			})
		}, []caught{{"append", "a thousand events in one append keep their order", "event 0"}}},
		{"the loser's first event stays", appending(func(s *memory.Store) appendFunc {
			return func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
				events []eventstore.EventData) (eventstore.AppendResult, error) {
				result, err := s.Append(ctx, stream, expected, events...)
				if errors.Is(err, eventstore.ErrConflict) {
					_, _ = s.Append(ctx, stream, eventstore.Any, events[0])
				}
				return result, err
			}
		}), []caught{{"append", "a conflict stores nothing and leaves the stream usable", "is at revision 2, expected 1"}}},
	}
}

func brokenBatches() []fault {
	return []fault{
		{"an append is two transactions", appending(func(s *memory.Store) appendFunc {
			return func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
				events []eventstore.EventData) (eventstore.AppendResult, error) {
				result, err := s.Append(ctx, stream, expected, events[:1]...)
				if err != nil || len(events) == 1 {
					return result, err
				}
				between := eventstore.EventData{ID: eventstore.EventID{1}, Type: "Noise"}
				_, _ = s.Append(ctx, "between-1", eventstore.NoStream, between)
				return s.Append(ctx, stream, eventstore.Any, events[1:]...)
			}
		}), []caught{{"concurrent writers", "the events of an append stand next to each other in the log", "of its append"}}},
		{"JSON is stored without its blanks", func(s *memory.Store) eventstore.Store {
			return appendsInstead(s, func(events []eventstore.EventData) []eventstore.EventData {
				for i := range events {
					events[i].Data = bytes.TrimSpace(events[i].Data)
				}
				return events
			})
		}, []caught{{"stored events", "JSON is not reformatted", "got data"}}},
		{"stream names are compared without case", appending(func(s *memory.Store) appendFunc {
			return func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
				events []eventstore.EventData) (eventstore.AppendResult, error) {
				return s.Append(ctx, strings.ToLower(stream), expected, events...)
			}
		}), []caught{{"names", "names that only look alike are different streams", "is at revision 0"}}},
		{"a cancelled append is stored", appending(func(s *memory.Store) appendFunc {
			return func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
				events []eventstore.EventData) (eventstore.AppendResult, error) {
				result, err := s.Append(context.WithoutCancel(ctx), stream, expected, events...)
				return result, errors.Join(err, ctx.Err())
			}
		}), []caught{{"cancelled before", "one cancelled caller does not harm the others", "is at revision 0"}}},
	}
}

func brokenRepeats() []fault {
	return []fault{
		{"a repeat is stored twice", appending(func(s *memory.Store) appendFunc {
			var mu sync.Mutex
			known := make(map[eventstore.EventID]eventstore.AppendResult)
			return func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
				events []eventstore.EventData) (eventstore.AppendResult, error) {
				mu.Lock()
				defer mu.Unlock()
				if first, ok := known[events[0].ID]; ok {
					_, err := s.Append(ctx, stream, eventstore.Any, events...)
					return first, err
				}
				result, err := s.Append(ctx, stream, expected, events...)
				known[events[0].ID] = result
				return result, err
			}
		}), []caught{
			{"repeat", "a repeat under Exactly returns the first outcome", "number of events: got 7, want 5"},
			{"repeat", "twenty repeats store nothing more", "number of events: got 63, want 3"},
		}},
		{"a repeat returns the present revision", appending(func(s *memory.Store) appendFunc {
			return func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
				events []eventstore.EventData) (eventstore.AppendResult, error) {
				result, err := s.Append(ctx, stream, expected, events...)
				for last := range s.ReadStream(ctx, stream, 1<<62, eventstore.Backwards) {
					result.Revision = last.Revision
					break
				}
				return result, err
			}
		}), []caught{
			{"repeat", "a repeat after others have appended returns the first outcome, not the present one", "got 3, want 1"},
		}},
		{"a repeat is judged by its first id alone", appending(func(s *memory.Store) appendFunc {
			return func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
				events []eventstore.EventData) (eventstore.AppendResult, error) {
				result, err := s.Append(ctx, stream, expected, events...)
				if errors.Is(err, eventstore.ErrConflict) {
					return s.Append(ctx, stream, expected, events[0])
				}
				return result, err
			}
		}), []caught{
			{"no repeat", "a repeat whose later id differs is a conflict", "got error <nil>"},
			{"no repeat", "a repeat with more events than are stored is a conflict", "got error <nil>"},
		}},
		{"a repeat is not recognised", appending(func(s *memory.Store) appendFunc {
			return func(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
				events []eventstore.EventData) (eventstore.AppendResult, error) {
				for i := range events {
					events[i].ID[15]++
				}
				return s.Append(ctx, stream, expected, events...)
			}
		}), []caught{{"repeat", "a repeat under NoStream returns the first outcome", "is at revision 1"}}},
	}
}

func brokenRest() []fault {
	return []fault{
		{"Close does nothing", func(s *memory.Store) eventstore.Store {
			return broken{Store: s, close: func() error { return nil }}
		}, []caught{
			{"closed store", "an append gives ErrClosed", "got error <nil>"},
			{"closed store", "an iterator made before gives ErrClosed", "got error <nil>"},
			{"closed store", "Close ends subscriptions that wait", "deadline exceeded"},
		}},
		{"a second Close fails", func(s *memory.Store) eventstore.Store {
			var once sync.Once
			return broken{Store: s, close: func() (err error) {
				err = eventstore.ErrClosed
				once.Do(func() { err = s.Close() })
				return err
			}}
		}, []caught{{"closed store", "a second Close does nothing", "close again"}}},
		{"every log has an empty id", func(s *memory.Store) eventstore.Store {
			return broken{Store: s, logID: func() (string, error) { return "", nil }}
		}, []caught{{"identified", "the id of a log is not empty and never changes", "id is empty"}}},
	}
}
