package crashtest

import "errors"

// After is what follows a failed sync.
type After uint8

// Ways to go on.
const (
	Killed    After = iota // the process dies, and another one opens the log
	Closed                 // the store is closed, and opened again
	Restarted              // the machine is started anew
)

// FailedSync lets the sync of a commit fail on a disk that takes for clean what it did not write, goes on in one of the
// ways, appends, and cuts the power. An error tells what was lost.
func (c Campaign) FailedSync(seed uint64, after After) error {
	r := newRun(c, seeded(seed))
	defer r.disk.Remove()
	r.disk.Traits.ForgetsFailedSyncs = true
	r.Config.Passive, r.Config.Truncating = 1000, 1000
	store, err := r.opened()
	if err != nil {
		return err
	}
	err = r.commit(store)
	for err == nil && !store.Failed() {
		r.disk.Inject(Fault{Kind: Sync, Call: 1})
		err = r.commit(store)
	}
	r.disk.Repair()
	if after != Closed {
		r.disk.CutNow()
	}
	store.Close()
	if after == Restarted {
		r.disk.Restart()
	} else {
		r.disk.Kill()
	}
	return errors.Join(err, r.goesOn())
}

// goesOn opens the log, appends, cuts the power, and opens it again.
func (r *run) goesOn() error {
	store, err := r.opened()
	if err != nil {
		return err
	}
	if err = r.look(); err == nil {
		err = r.commit(store)
	}
	r.disk.CutNow()
	store.Close()
	r.disk.Restart()
	if err != nil {
		return err
	}
	return r.life(1)
}
