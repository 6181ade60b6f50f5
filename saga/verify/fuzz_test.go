package verify_test

import (
	"testing"

	"github.com/skaldgo/skald/saga/verify"
)

// FuzzLogOfAnything: whatever stands in a log, the check of it reads every event and comes to its end.
func FuzzLogOfAnything(f *testing.F) {
	sound := bothDone(f).undoes("b", 1, false).undid("b", 1).undoes("a", 1, true).undid("a", 1).fails("b")
	for _, ev := range append(append(sound.log, stuck(f, 0).redriven("a", 0).log...), overlooked(f).log...) {
		f.Add(ev.Type, ev.Data, ev.Metadata, 3)
	}
	f.Fuzz(func(t *testing.T, eventType string, data, metadata []byte, at int) {
		log := lateStory(t).done()
		i := min(max(at, 0), len(log)-1)
		log[i].Type, log[i].Data, log[i].Metadata = eventType, data, metadata
		for _, cfg := range []verify.Config{{}, {Replay: true, Ledger: ledger{"a/action": 1}}} {
			if report := check(t, log, cfg); report.Events != len(log) {
				t.Fatalf("%d of %d events were read", report.Events, len(log))
			}
		}
	})
}
