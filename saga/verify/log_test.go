package verify_test

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// events is a log that a test can alter.
type events []eventstore.RecordedEvent

func (l events) ReadAll(
	context.Context, eventstore.Position, eventstore.Direction, eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		for _, ev := range l {
			if !yield(ev, nil) {
				return
			}
		}
	}
}

// clone copies the log, bytes and all.
func (l events) clone() events {
	c := slices.Clone(l)
	for i := range c {
		c[i].Data, c[i].Metadata = slices.Clone(c[i].Data), slices.Clone(c[i].Metadata)
	}
	return c
}

// renumbered gives the events the positions of the places where they are now, and their streams' next revisions, as
// someone would who covers their tracks.
func (l events) renumbered() events {
	next := map[string]int64{}
	for i := range l {
		l[i].Position = eventstore.NewPosition(uint64(i+1), 0)
		l[i].Revision = next[l[i].Stream]
		next[l[i].Stream]++
	}
	return l
}

// rechained computes the hash chain of every chained stream anew.
func (l events) rechained() events {
	prev := map[string][32]byte{}
	for i := range l {
		ev := &l[i]
		if strings.HasPrefix(ev.Stream, "orchestrator-") {
			continue
		}
		if cut := strings.LastIndex(string(ev.Metadata), `,"hash":"`); cut >= 0 {
			ev.Metadata = append(slices.Clone(ev.Metadata[:cut]), '}')
		}
		hash, _, err := aggregate.VerifyLink(prev[ev.Stream], *ev)
		if err != nil {
			panic(err)
		}
		prev[ev.Stream] = hash
		ev.Metadata = append(ev.Metadata[:len(ev.Metadata)-1], `,"hash":"`...)
		ev.Metadata = append(hex.AppendEncode(ev.Metadata, hash[:]), `"}`...)
	}
	return l
}

// streams returns the indexes of each stream's events.
func (l events) streams() map[string][]int {
	streams := map[string][]int{}
	for i := range l {
		streams[l[i].Stream] = append(streams[l[i].Stream], i)
	}
	return streams
}

// stored reads the whole log of a store.
func stored(t rapid.TB, store verify.Source) events {
	var l events
	all := store.ReadAll(context.Background(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{})
	for ev, err := range all {
		require.NoError(t, err)
		l = append(l, ev)
	}
	return l
}

// check verifies a log with the given config.
func check(t rapid.TB, source verify.Source, cfg verify.Config) verify.Report {
	t.Helper()
	report, err := verify.Log(context.Background(), source, cfg)
	require.NoError(t, err)
	return report
}

// accept demands that a log breaks no rule, the replay included.
func accept(t rapid.TB, source verify.Source) verify.Report {
	t.Helper()
	report := check(t, source, verify.Config{Replay: true})
	if report.Broken > 0 {
		require.Fail(t, "a sound log is rejected", "%v\n%s", report.Violations, lines(source, report.Violations[0].Stream))
	}
	return report
}

// lines shows a stream, an event on each line.
func lines(source verify.Source, stream string) string {
	var b strings.Builder
	all := source.ReadAll(context.Background(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{})
	for ev, err := range all {
		if err == nil && ev.Stream == stream {
			meta, _ := eventstore.ParseMetadata(ev.Metadata)
			fmt.Fprintf(&b, "%d %s %s %s\n", ev.Revision, meta.At.Format(time.RFC3339Nano), ev.Type, ev.Data)
		}
	}
	return b.String()
}

// rules returns the numbers of the broken rules, each once, in order.
func rules(report verify.Report) []string {
	var numbers []string
	for _, v := range report.Violations {
		numbers = append(numbers, v.Rule)
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// pen writes logs event by event, as a test wants them: whole and chained, whatever the events say.
type pen struct {
	t        rapid.TB
	log      events
	now      time.Time
	registry *eventstore.Registry
}

func newPen(t rapid.TB) *pen {
	registry, err := saga.NewRegistry()
	require.NoError(t, err)
	return &pen{t: t, now: noon, registry: registry}
}

// write adds events to a stream at the present instant.
func (p *pen) write(stream string, list ...saga.Event) {
	for _, event := range list {
		encoded, err := p.registry.Encode(event)
		require.NoError(p.t, err)
		p.raw(stream, encoded.Type, encoded.Data)
	}
}

func (p *pen) raw(stream, eventType string, data []byte) {
	meta := eventstore.Metadata{Actor: "ann", At: p.now}
	ev := eventstore.RecordedEvent{Stream: stream, Type: eventType, Data: data, Metadata: meta.AppendJSON(nil)}
	ev.ID[0] = 1
	binary.BigEndian.PutUint64(ev.ID[8:], uint64(len(p.log)+1))
	p.log = append(p.log, ev)
}

func (p *pen) pass(d time.Duration) { p.now = p.now.Add(d) }

// done returns the log.
func (p *pen) done() events { return p.log.clone().renumbered().rechained() }
