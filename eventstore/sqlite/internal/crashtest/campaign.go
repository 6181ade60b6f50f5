package crashtest

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/skaldgo/skald/eventstore"
)

// Campaign lives through power cuts. One value makes any number of runs, also at once.
type Campaign struct {
	Config Config
	Traits Traits
	Dir    string // an existing directory for the shared memory of open databases

	// Images is handed, now and then, the files that a power cut has left, and what checks the log that is found in them.
	// Nil for no one.
	Images func(files map[string][]byte, check func(log []Stored) error) error
}

// imageEvery is how many cuts there are to one whose files are handed to Images.
const imageEvery = 16

// run is one life of a disk, through many lives of the machine.
type run struct {
	Campaign
	rng  *rand.Rand
	disk *Disk
	hist *history
	load *load
	out  Outcome

	syncsFailed int64 // before the store was opened
}

// Run makes one run. An error tells what the store broke; the seed determines it.
func (c Campaign) Run(seed uint64) (Outcome, error) {
	rng := seeded(seed)
	r := newRun(c, rng)
	defer r.disk.Remove()
	r.disk.Traits = c.Traits
	// A connection on which an error keeps the settings from taking effect is closed without full syncs, so disks that
	// want them have no errors.
	r.disk.Traits.OnlyFullSyncs = rng.IntN(2) == 0
	r.Config.Passive = 2 + rng.Int64N(30)
	r.Config.Truncating = r.Config.Passive + rng.Int64N(40)
	if rng.IntN(8) == 0 {
		// Batches that do not fit into the cache go into the WAL before they are committed. A smaller cache does that to
		// smaller batches.
		r.Config.SQL.WriterCache = "PRAGMA cache_size = 10"
	}
	err := r.lives()
	r.sum()
	return r.out, err
}

func newRun(c Campaign, rng *rand.Rand) *run {
	hist := newHistory()
	return &run{
		Campaign: c, rng: rng, disk: NewDisk(c.Dir, rng), hist: hist, load: &load{rng: rng, hist: hist},
	}
}

func (r *run) sum() {
	r.out.Disk = r.disk.Tally
	r.out.Acked, r.out.Repeated, r.out.Conflicts = r.hist.acked, r.hist.repeated, r.hist.conflicts
	r.out.Applied, r.out.Absent, r.out.Late = r.hist.applied, r.hist.absent, r.hist.late
	r.out.Events = int64(len(r.hist.log))
}

func (r *run) lives() error {
	for life := range 4 + r.rng.IntN(3) {
		within := [...]int{4, 40, 100, 100, 250}[r.rng.IntN(5)] // while it opens, early, or late
		if life == 0 && r.rng.IntN(2) == 0 {
			within = 300 // a log that is not made has nothing to lose
		}
		r.disk.CutAfter(1 + r.rng.IntN(within))
		if !r.disk.Traits.OnlyFullSyncs && r.rng.IntN(2) == 0 {
			r.disk.Inject(Fault{Kind: Kind(r.rng.IntN(int(kinds))), Call: 1 + r.rng.IntN(60), Full: r.rng.IntN(4) == 0})
		}
		if err := r.life(3 + r.rng.IntN(6)); err != nil {
			return err
		}
		if r.Images != nil && r.rng.IntN(imageEvery) == 0 {
			r.out.Images++
			if err := r.Images(r.disk.files(), r.hist.clone().found); err != nil {
				return fmt.Errorf("in the files that a cut left: %w", err)
			}
		}
	}
	r.disk.CutAfter(0)
	r.disk.Repair()
	return r.life(1)
}

// life is that of one process: from the opening of the log to the end, whichever comes.
func (r *run) life(batches int) error {
	store, err := r.opened()
	if store == nil {
		r.die()
		return err
	}
	defer r.end(store)
	if err := r.look(); err != nil {
		return err
	}
	var reader *Reader
	for range batches {
		if reader == nil && !r.disk.Off() && r.rng.IntN(6) == 0 {
			reader = r.holdOn()
		} else if reader != nil && r.rng.IntN(2) == 0 {
			reader.Release()
		}
		if err = r.commit(store); err != nil {
			break
		}
		r.tend(store)
		if store.Failed() || r.disk.Off() {
			break
		}
	}
	if reader != nil {
		reader.Release()
		reader.Close()
	}
	return err
}

// holdOn begins a read that is in the way of checkpoints, unless it meets an injected error.
func (r *run) holdOn() *Reader {
	reader, err := OpenReader(r.disk, r.Config)
	if err == nil {
		err = reader.Hold()
	}
	if err != nil && reader != nil {
		reader.Close()
		return nil
	}
	return reader
}

// opened opens the log. Neither store nor error means that the process died of a cut or of an injected error.
func (r *run) opened() (*Store, error) {
	r.syncsFailed = r.disk.Tally.FailSyncs
	hadWAL := r.disk.holds(fileName + "-wal")
	errorsBefore := r.disk.Tally.Errors
	store, err := OpenStore(r.disk, r.Config, r.Config.Rules.LogID(r.rng.Uint64()), r.load.now())
	if err != nil {
		switch {
		case r.disk.Off():
			r.out.InOpening++
			if hadWAL {
				r.out.InRecovery++
			}
			if r.hist.logID == "" {
				r.out.InCreation++
			}
			return nil, nil
		case r.disk.Tally.Errors > errorsBefore && !errors.Is(err, eventstore.ErrCorrupt):
			return nil, nil
		}
		return nil, fmt.Errorf("the log cannot be opened: %w", err)
	}
	if r.hist.logID == "" {
		r.hist.logID = store.LogID
	}
	if store.LogID != r.hist.logID {
		store.Close()
		return nil, fmt.Errorf("lost: the log %s is now %s", r.hist.logID, store.LogID)
	}
	return store, nil
}

// look compares the log with the history. What it reads counts as known from now on: it must never be taken back.
func (r *run) look() error {
	fault := r.disk.fault
	r.disk.fault = Fault{}
	defer func() { r.disk.fault = fault }()
	reader, err := OpenReader(r.disk, r.Config)
	if err != nil {
		return err
	}
	defer reader.Close()
	log, err := reader.Log()
	if err != nil {
		return fmt.Errorf("the log cannot be read: %w", err)
	}
	if err := r.hist.found(log); err != nil {
		return err
	}
	return reader.Verify(log)
}

// commit puts a batch through the store and holds against it what its callers were told.
func (r *run) commit(store *Store) error {
	batch, created := r.load.batch(), r.load.now()
	added, verdicts := r.hist.decide(batch, created)
	errorsBefore := r.disk.Tally.Errors
	store.Commit(batch, created)
	refusal := refused(batch)
	switch {
	case refusal == nil && r.disk.Tally.FailSyncs > r.syncsFailed:
		return fmt.Errorf("an acknowledgement followed a failed sync of the same connection")
	case refusal == nil:
		return r.hist.told(batch, added, verdicts)
	case r.disk.Off(): // nobody is told anything any more
		r.hist.doubt(batch, added, verdicts)
		return nil
	case r.disk.Tally.Errors == errorsBefore || errors.Is(refusal, eventstore.ErrCorrupt):
		return fmt.Errorf("appends were refused for no reason: %w", refusal)
	case errors.Is(refusal, eventstore.ErrIndeterminate):
		r.hist.doubt(batch, added, verdicts)
	}
	r.out.Refused++
	if store.Failed() && r.disk.fault.Full && r.disk.fault.Kind == Write {
		return fmt.Errorf("a full disk stopped the store: %w", refusal)
	}
	if store.Failed() != errors.Is(refusal, eventstore.ErrIndeterminate) {
		return fmt.Errorf("the store goes on after an unknown outcome, or stops after another one: %w", refusal)
	}
	return nil
}

// refused returns the error of a batch that was not stored; in one that was, an append may have met a conflict.
func refused(batch []*Request) error {
	for _, r := range batch {
		if r.Err != nil && !errors.Is(r.Err, eventstore.ErrConflict) {
			return r.Err
		}
	}
	return nil
}

// tend lets the store checkpoint, when its callers have their answers.
func (r *run) tend(store *Store) {
	wasOn := !r.disk.Off()
	store.Tend()
	if wasOn && r.disk.Off() {
		r.out.InCheckpoints++
	}
}

// end ends the process: it closes the store or dies with it, and the machine with the process or not.
func (r *run) end(store *Store) {
	if store.Failed() && !r.disk.Off() {
		r.out.FailedStores++
	}
	clean := r.rng.IntN(2) == 0
	if !clean {
		r.disk.CutNow()
	}
	wasOn := !r.disk.Off()
	store.Close()
	switch {
	case wasOn && r.disk.Off():
		r.out.InClosing++
	case wasOn:
		r.out.CleanEnds++
	}
	r.die()
}

// die ends a process that has nothing open any more. What is pending on the disk stays so when the machine goes on.
func (r *run) die() {
	r.disk.Repair()
	if r.rng.IntN(4) == 0 {
		r.disk.Kill()
	} else {
		r.disk.Restart()
	}
}
