package crashtest

// Creation makes a log and ends the process in the n-th call that changes something, and the machine with it unless it is
// spared. It returns the files that are left, and whether the log had been made before.
func (c Campaign) Creation(seed uint64, call int, spared bool) (files map[string][]byte, made bool) {
	rng := seeded(seed)
	r := newRun(c, rng)
	defer r.disk.Remove()
	r.disk.CutAfter(call)
	store, err := OpenStore(r.disk, r.Config, r.Config.Rules.LogID(1), r.load.now())
	if err == nil {
		r.disk.CutNow()
		store.Close()
	}
	if spared {
		r.disk.Kill()
	} else {
		r.disk.Restart()
	}
	return r.disk.files(), err == nil
}
