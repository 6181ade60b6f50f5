package eventstoretest_test

import (
	"context"
	"math"
	"sync"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
)

type (
	recorded = []eventstore.RecordedEvent
	messaged = []eventstore.Message
)

func reading(instead func(eventstore.RecordedEvent) recorded) func(s *memory.Store) eventstore.Store {
	return func(s *memory.Store) eventstore.Store { return readsInstead(s, instead) }
}

type readAllFunc = func(ctx context.Context, after eventstore.Position, dir eventstore.Direction,
	f eventstore.Filter) events

func readingAll(spoil func(s *memory.Store) readAllFunc) func(s *memory.Store) eventstore.Store {
	return func(s *memory.Store) eventstore.Store { return broken{Store: s, readAll: spoil(s)} }
}

func brokenReads() []fault {
	return []fault{
		{"positions are given in reverse", reading(func(e eventstore.RecordedEvent) recorded {
			major, minor := e.Position.Parts()
			e.Position = eventstore.NewPosition(math.MaxUint64-major, minor)
			return recorded{e}
		}), []caught{{"expected revision", "Any appends whether the stream exists or not", "the event before it at"}}},
		{"a revision is skipped", reading(func(e eventstore.RecordedEvent) recorded {
			if e.Revision >= 2 {
				e.Revision++
			}
			return recorded{e}
		}), []caught{{"expected revision", "Exactly behind the stream is a conflict", "order-1@3, want revision 2"}}},
		{"a position passed late is never shown again", readingAll(hidesOnce), []caught{
			{"order", "a reader that polls among fast and slow writers misses nothing", "events seen"},
			{"order", "what was read once is read again as the beginning of what is read later", "event"},
		}},
		{"the log is read inclusively", readingAll(func(s *memory.Store) readAllFunc {
			return func(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter) events {
				if major, minor := after.Parts(); dir == eventstore.Forwards && major > 0 {
					after = eventstore.NewPosition(major-1, minor)
				}
				return s.ReadAll(ctx, after, dir, f)
			}
		}), []caught{{"read all", "forwards it yields what is strictly after a position", "event 0"}}},
		{"the log is read to an end that moves", readingAll(func(s *memory.Store) readAllFunc {
			return func(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter) events {
				if dir == eventstore.Backwards {
					return s.ReadAll(ctx, after, dir, f)
				}
				return func(yield func(eventstore.RecordedEvent, error) bool) {
					for more := true; more; {
						more = false
						for e, err := range s.ReadAll(ctx, after, dir, f) {
							if !yield(e, err) {
								return
							}
							after, more = e.Position, err == nil
							break
						}
					}
				}
			}
		}), []caught{
			{"read all", "forwards it ends at the head as of its first pull", "number of events: got 31, want 30"},
			{"iterator", "a second loop over a log read yields no event", "the second loop yielded"},
		}},
	}
}

func brokenStreams() []fault {
	return []fault{
		{"the filter is ignored", readingAll(func(s *memory.Store) readAllFunc {
			return func(ctx context.Context, after eventstore.Position, dir eventstore.Direction, _ eventstore.Filter) events {
				return s.ReadAll(ctx, after, dir, eventstore.Filter{})
			}
		}), []caught{
			{"filter", "by a category", "event 1"},
			{"filter", "a read with both kinds of prefix is invalid", "got error <nil>"},
		}},
		{"a stream is read from after the revision", func(s *memory.Store) eventstore.Store {
			return broken{Store: s, readStream: func(ctx context.Context, stream string, from int64,
				dir eventstore.Direction) events {
				if from > 0 && dir == eventstore.Forwards {
					from = min(from, math.MaxInt64-1) + 1
				}
				return s.ReadStream(ctx, stream, from, dir)
			}}
		}, []caught{{"read stream", "forwards from a revision it includes that revision", "event 0"}}},
		{"a missing stream is empty", func(s *memory.Store) eventstore.Store {
			return broken{Store: s, readStream: func(ctx context.Context, stream string, from int64,
				dir eventstore.Direction) events {
				return func(yield func(eventstore.RecordedEvent, error) bool) {
					for e, err := range s.ReadStream(ctx, stream, from, dir) {
						if err != nil || !yield(e, nil) {
							return
						}
					}
				}
			}}
		}, []caught{
			{"read stream", "a missing stream is not found, in either direction", "error was yielded: got 0, want 1"},
			{"cancelled meanwhile", "a stream read that is cancelled in its body ends with the error", "got error <nil>"},
		}},
	}
}

// hidesOnce hides an event of a slow writer from the first reader that would see it behind a later one, as a store does
// that numbers events before it commits them.
func hidesOnce(s *memory.Store) readAllFunc {
	var mu sync.Mutex
	shown := make(map[eventstore.EventID]bool)
	return func(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter) events {
		return mapped(s.ReadAll(ctx, after, dir, f), func(e eventstore.RecordedEvent) recorded {
			mu.Lock()
			defer mu.Unlock()
			if e.Revision == 1 && e.Type == "Placed" && !shown[e.ID] {
				shown[e.ID] = true
				return nil
			}
			return recorded{e}
		})
	}
}

func subscribing(instead func() func(eventstore.Message) messaged) func(s *memory.Store) eventstore.Store {
	return func(s *memory.Store) eventstore.Store { return subscribesInstead(s, instead()) }
}

func brokenSubscriptions() []fault {
	return []fault{
		{"subscribers lose an event", subscribing(func() func(eventstore.Message) messaged {
			n := 0
			return func(m eventstore.Message) messaged {
				if n++; n == 4 {
					return nil
				}
				return messaged{m}
			}
		}), []caught{
			{"subscribe", "it delivers the history, catches up, and delivers what is new", "event 3"},
			{"subscribe", "a long history is delivered whole and in order", "event 3"},
		}},
		{"subscribers get an event twice", subscribing(func() func(eventstore.Message) messaged {
			return func(m eventstore.Message) messaged {
				if m.Kind == eventstore.KindEvent && m.Event.Revision == 2 {
					return messaged{m, m}
				}
				return messaged{m}
			}
		}), []caught{{"subscribe", "what is appended between two messages is delivered once", "was passed"}}},
		{"CaughtUp is never said", subscribing(func() func(eventstore.Message) messaged {
			return func(m eventstore.Message) messaged {
				if m.Kind == eventstore.KindCaughtUp {
					return nil
				}
				return messaged{m}
			}
		}), []caught{
			{"subscribe", "on an empty log it is caught up at once", "deadline exceeded"},
			{"subscribe", "it wakes while it waits for the next event", "deadline exceeded"},
		}},
	}
}

func brokenSignals() []fault {
	return []fault{
		{"CaughtUp lies beyond the head", subscribing(func() func(eventstore.Message) messaged {
			return func(m eventstore.Message) messaged {
				if major, minor := m.Position.Parts(); m.Kind == eventstore.KindCaughtUp {
					m.Position = eventstore.NewPosition(major+1000, minor)
				}
				return messaged{m}
			}
		}), []caught{
			{"subscribers", "no message lies beyond the head of the log", "beyond the head at"},
			{"filtered subscription", "no message lies beyond the head, whatever matches", "beyond the head at"},
		}},
		{"CaughtUp is said once", subscribing(func() func(eventstore.Message) messaged {
			said := false
			return func(m eventstore.Message) messaged {
				if m.Kind == eventstore.KindCaughtUp && said {
					return nil
				}
				said = said || m.Kind == eventstore.KindCaughtUp
				return messaged{m}
			}
		}), []caught{{"subscribe", "it is caught up again after each event that it delivers", "deadline exceeded"}}},
		{"CaughtUp is said too early", subscribing(func() func(eventstore.Message) messaged {
			return func(m eventstore.Message) messaged {
				if m.Kind == eventstore.KindEvent {
					return messaged{{Kind: eventstore.KindCaughtUp, Position: m.Position}, m}
				}
				return messaged{m}
			}
		}), []caught{{"subscribe", "from a position it delivers what is strictly after", "is delivered after position"}}},
		{"what does not match does not move the position", subscribing(func() func(eventstore.Message) messaged {
			var last eventstore.Position
			return func(m eventstore.Message) messaged {
				if m.Kind == eventstore.KindEvent {
					last = m.Position
				}
				m.Position = last
				return messaged{m}
			}
		}), []caught{
			{"filtered subscription", "its position passes history that does not match", "deadline exceeded"},
			{"filtered subscription", "its position passes new events that do not match", "deadline exceeded"},
		}},
		{"a subscription does not wake", func(s *memory.Store) eventstore.Store {
			return broken{Store: s, subscribe: func(ctx context.Context, after eventstore.Position, f eventstore.Filter) messages {
				return func(yield func(eventstore.Message, error) bool) {
					for m, err := range s.Subscribe(ctx, after, f) {
						if !yield(m, err) {
							return
						}
						if m.Kind == eventstore.KindCaughtUp {
							<-ctx.Done()
						}
					}
				}
			}}
		}, []caught{{"subscribe", "it wakes while it waits for the next event", "deadline exceeded"}}},
	}
}
