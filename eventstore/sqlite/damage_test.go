package sqlite_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/internal/proof"
	"github.com/skaldgo/skald/saga/verify"
)

// What became of a damaged log.
const (
	atOpening  = "refused when opened"
	inUse      = "noticed while read or appended to"
	byLog      = "noticed when the log is read, not its stream"
	bySeal     = "noticed against the seal only"
	harmless   = "harmless, every answer exact"
	wrongly    = "answered wrongly"
	tooPatient = time.Minute // for one damaged log
)

// TestDamagedFiles damages copies of one log, by a seed, and uses each of them in every way: every answer is exactly that
// of the sound log, or an error that names what is damaged. A log that was rolled back as a whole or forged with all its
// checksums is a sound one; that it is not the one that was written shows against a seal, each time.
func TestDamagedFiles(t *testing.T) {
	n, seed := proof.Count("DAMAGED", 150), uint64(proof.Count("DAMAGED_SEED", 1))
	c := &campaign{log: writeLog(t), dir: t.TempDir(), seed: seed, ways: append(append(fileDamages(), rowDamages()...), forgeries()...)}
	c.run(n)
	for _, failure := range c.failures {
		t.Error(failure)
	}
	t.Logf("%d damaged logs: %v", n, c.figures)
	for kind, became := range c.kinds {
		t.Logf("%-55s %v", kind, became)
	}
	require.Zero(t, c.figures[wrongly])
	for _, became := range []string{atOpening, inUse, bySeal, harmless} {
		require.Positive(t, c.figures[became], "a campaign in which nothing was %q is void", became)
	}
	require.Len(t, c.kinds, len(c.ways), "a campaign is void that leaves out a kind of damage")
	c.record(t, n)
}

// campaign is many damaged logs.
type campaign struct {
	log  *writtenLog
	dir  string
	seed uint64
	ways []damage

	mu       sync.Mutex
	figures  map[string]int64
	kinds    map[string]map[string]int64
	failures []string
}

func (c *campaign) run(n int) {
	c.figures, c.kinds = map[string]int64{}, map[string]map[string]int64{}
	numbers := make(chan int)
	var workers sync.WaitGroup
	for w := range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range numbers {
				c.one(i, filepath.Join(c.dir, fmt.Sprintf("%d-events.db", w)))
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	workers.Wait()
}

// one damages a log in the i-th way, and sees what becomes of it.
func (c *campaign) one(i int, path string) {
	way, rng := c.ways[i%len(c.ways)], rand.New(rand.NewPCG(c.seed, uint64(i)))
	var f files
	said := ""
	for said == "" {
		f, said = way.do(c.log, rng)
	}
	p := &probe{log: c.log, path: path, rng: rng, readOnly: i/len(c.ways)%4 == 3}
	became := ""
	if err := f.write(path); err != nil {
		p.lie("the files cannot be written: %v", err)
	} else {
		became = p.outcome(way.sealed)
	}
	switch {
	case len(p.wrong) > 0 && way.byLog && p.seen:
		became = byLog
	case len(p.wrong) > 0:
		became = wrongly
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.figures[became]++
	if c.kinds[way.kind] == nil {
		c.kinds[way.kind] = map[string]int64{}
	}
	c.kinds[way.kind][became]++
	if became == wrongly && len(c.failures) < 20 {
		kept, err := keep(f)
		c.failures = append(c.failures, fmt.Sprintf("log %d, %s: %s:\n%.2000q\nthe damaged files are in %s %v", i, way.kind, said,
			p.wrong, kept, err))
	}
}

// keep saves the files for whoever looks into it.
func keep(f files) (string, error) {
	dir, err := os.MkdirTemp("", "damaged-*")
	if err != nil {
		return "", err
	}
	return dir, f.write(filepath.Join(dir, "events.db"))
}

// outcome uses the log, and takes a panic and a hang for wrong answers.
func (p *probe) outcome(sealed bool) string {
	became := make(chan string, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				p.lie("panic: %v", r)
				became <- wrongly
			}
		}()
		if sealed {
			became <- p.against()
			return
		}
		p.run()
		switch {
		case p.refused != nil:
			became <- atOpening
		case len(p.errors) > 0:
			became <- inUse
		default:
			became <- harmless
		}
	}()
	timer := time.NewTimer(tooPatient)
	defer timer.Stop()
	select {
	case b := <-became:
		return b
	case <-timer.C:
		panic(fmt.Sprintf("a damaged log was used for %s without an end: %s", tooPatient, p.path))
	}
}

// against compares a log that gives no sign of damage with the seal of the one that was written.
func (p *probe) against() string {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, sqlite.Config{Path: p.path})
	if err != nil {
		p.noticed("open", err)
		return atOpening
	}
	defer func() {
		if err := store.Close(); err != nil {
			p.lie("close: %v", err)
		}
	}()
	if id, err := store.LogID(ctx); err != nil || id != p.log.id {
		p.lie("its id is %s, want %s: %v", id, p.log.id, err)
	}
	report, err := verify.Against(ctx, store, p.log.seal)
	if err != nil {
		p.noticed("compare with the seal", err)
		return inUse
	}
	if report.Broken == 0 {
		p.lie("the seal is kept")
	}
	return bySeal
}

func (c *campaign) record(t *testing.T, n int) {
	t.Helper()
	kinds, sealed, found := map[string]int64{}, int64(0), int64(0)
	for _, way := range c.ways {
		for became, times := range c.kinds[way.kind] {
			kinds[way.kind] += times
			if way.sealed {
				sealed += times
			}
			if way.sealed && became == bySeal {
				found += times
			}
		}
	}
	require.Equal(t, sealed, found, "what only a seal shows is found against it, each time")
	proof.Record(t, proof.Result{
		Part: "damaged-files",
		Figures: map[string]int64{
			"files": int64(n), atOpening: c.figures[atOpening], inUse: c.figures[inUse], harmless: c.figures[harmless],
			byLog: c.figures[byLog], bySeal: found, wrongly: c.figures[wrongly], "rolled back or forged": sealed,
		},
		Kinds: kinds,
		Notes: map[string]string{
			"first seed": fmt.Sprint(c.seed),
			"the log":    fmt.Sprintf("%d events in %d streams, sagas and aggregates with their hash chains among them", len(c.log.events), len(c.log.names)),
		},
	})
}

// A directory that was put back as a whole is a sound log: nothing in it knows of the rest. Those who read further know.
func TestALogThatWasRolledBackAsAWholeIsNoticedByThoseWhoReadFurther(t *testing.T) {
	l := writeLog(t)
	path := newPath(t)
	require.NoError(t, l.older.write(path))
	store := open(t, path)
	id, err := store.LogID(t.Context())
	require.NoError(t, err)
	require.Equal(t, l.id, id, "a checkpoint of the log names this one")
	events := readAll(t, store)
	require.NotEmpty(t, events)
	require.Equal(t, l.events[:len(events)], events)

	checkpoint := l.events[len(l.events)-1].Position
	head := events[len(events)-1].Position
	for e := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Backwards, eventstore.Filter{}) {
		require.Equal(t, head, e.Position)
		break
	}
	require.True(t, checkpoint.After(head), "a follower's checkpoint is beyond the head, which it refuses")
	report, err := verify.Against(t.Context(), store, l.seal)
	require.NoError(t, err)
	require.ErrorIs(t, report.Err(), verify.ErrBroken)
	for _, rule := range []string{"T2", "T3", "T5"} {
		require.True(t, report.Has(rule), rule)
	}
	stream := l.events[len(l.events)-1].Stream
	for e := range store.ReadStream(t.Context(), stream, math.MaxInt64, eventstore.Backwards) {
		require.Less(t, e.Revision, l.events[len(l.events)-1].Revision)
	}
}
