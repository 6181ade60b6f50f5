package crashtest

import (
	"fmt"
)

// Script is a run of a fixed length that does everything a store does: it makes a log, appends, checkpoints in both ways,
// reads beside the writer, closes, and opens again. Of the calls that it makes to the file system any one can be told to
// fail.
type Script struct {
	Config Config
	Dir    string // an existing directory for the shared memory of open databases
}

// scriptSeed makes all scripts write the same.
const scriptSeed = 7

// Calls makes the script without an error, and returns how many calls of each kind there are that could fail.
func (s Script) Calls() (calls [kinds]int, err error) {
	r := s.start()
	defer r.disk.Remove()
	err = r.script()
	return r.disk.calls, err
}

// Run makes the script with a fault. Whatever the fault keeps it from, it then does without it; in the end the power is
// cut. An error tells what the store broke.
func (s Script) Run(f Fault) (Outcome, error) {
	r := s.start()
	defer r.disk.Remove()
	r.disk.Inject(f)
	err := r.script()
	r.disk.Repair()
	if err == nil {
		err = r.afterwards()
	}
	r.sum()
	return r.out, err
}

func (s Script) start() *run {
	rng := seeded(scriptSeed)
	c := Campaign{Config: s.Config, Dir: s.Dir}
	c.Config.Passive, c.Config.Truncating = 8, 20
	return newRun(c, rng)
}

const (
	scriptLives   = 2
	scriptBatches = 7
)

func (r *run) script() error {
	for range scriptLives {
		store, err := r.insist()
		if err != nil {
			return err
		}
		for range scriptBatches {
			if store, err = r.step(store); err != nil {
				store.Close()
				return err
			}
		}
		store.Close()
	}
	return nil
}

// insist opens the log. An error that lasts is mended when it was met.
func (r *run) insist() (*Store, error) {
	for range 2 {
		if store, err := r.opened(); store != nil || err != nil {
			return store, err
		}
		r.mend()
	}
	store, err := r.opened()
	if store == nil && err == nil {
		err = fmt.Errorf("the log cannot be opened after the fault is mended")
	}
	return store, err
}

// mend ends a fault that lasts.
func (r *run) mend() {
	if r.disk.fault.Forever {
		r.disk.Repair()
	}
}

// step commits one batch and reads the log. A store that has failed is closed and opened again, in the same machine; one
// that has not goes on, when the fault is mended.
func (r *run) step(store *Store) (*Store, error) {
	before := r.out.Refused
	if err := r.commit(store); err != nil {
		return store, err
	}
	r.tend(store)
	if err := r.read(); err != nil {
		return store, err
	}
	if r.out.Refused > before {
		r.mend()
	}
	if !store.Failed() {
		return store, nil
	}
	r.out.FailedStores++
	store.Close()
	r.mend()
	again, err := r.insist()
	if err != nil {
		return store, err
	}
	return again, r.look()
}

// read reads the log while the fault lasts: it gives an error or the truth.
func (r *run) read() error {
	errorsBefore := r.disk.Tally.Errors
	reader, err := OpenReader(r.disk, r.Config)
	if err == nil {
		defer reader.Close()
		var log []Stored
		if log, err = reader.Log(); err == nil {
			return r.hist.shows(log)
		}
	}
	if r.disk.Tally.Errors == errorsBefore {
		return fmt.Errorf("the log cannot be read, for no reason: %w", err)
	}
	return nil
}

// afterwards is the life after the script: what it left is there, and so it is after a power cut.
func (r *run) afterwards() error {
	if err := r.life(2); err != nil {
		return err
	}
	store, err := r.opened()
	if store == nil {
		return fmt.Errorf("the log cannot be opened in the end: %w", orNil(err))
	}
	r.disk.CutNow()
	store.Close()
	r.disk.Restart()
	return r.life(1)
}
