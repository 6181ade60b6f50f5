package crashtest

// Outcome is what happened in a run.
type Outcome struct {
	Disk Tally

	Acked         int64 // appends that were acknowledged
	Repeated      int64 // repeats that were told the first outcome
	Conflicts     int64 // appends that met one
	Applied       int64 // appends of unknown outcome that were found in the log
	Absent        int64 // and those that were not, when it was opened again
	Late          int64 // applied ones that a look before had not found
	Refused       int64 // batches that met an injected error
	FailedStores  int64 // stores that went on no more after one
	CleanEnds     int64 // stores that were closed
	InCreation    int64 // cuts before the log was known to exist
	InOpening     int64 // cuts while the log was opened
	InRecovery    int64 // of them those that had a WAL to recover
	InCheckpoints int64 // cuts while a checkpoint ran
	InClosing     int64 // cuts while a store was closed
	Images        int64 // looks at the files that a cut left
	Events        int64 // in the log at the end
}

// Add counts what happened in another run.
func (o *Outcome) Add(p Outcome) {
	o.Disk.add(p.Disk)
	o.Acked += p.Acked
	o.Repeated += p.Repeated
	o.Conflicts += p.Conflicts
	o.Applied += p.Applied
	o.Absent += p.Absent
	o.Late += p.Late
	o.Refused += p.Refused
	o.FailedStores += p.FailedStores
	o.CleanEnds += p.CleanEnds
	o.InCreation += p.InCreation
	o.InOpening += p.InOpening
	o.InRecovery += p.InRecovery
	o.InCheckpoints += p.InCheckpoints
	o.InClosing += p.InClosing
	o.Images += p.Images
	o.Events += p.Events
}

// Tally counts what happened to a disk.
type Tally struct {
	Cuts      int64 // power cuts
	Unsynced  int64 // of them those that met writes which were not synced
	Kills     int64 // deaths of the process that spared the machine
	Dropped   int64 // changes of files that a cut lost
	Torn      int64 // writes that a cut left in pieces
	Entries   int64 // changes of the directory that a cut lost
	Errors    int64 // calls that failed because they were told to
	FailSyncs int64 // of them syncs
}

func (t *Tally) add(u Tally) {
	t.Cuts += u.Cuts
	t.Unsynced += u.Unsynced
	t.Kills += u.Kills
	t.Dropped += u.Dropped
	t.Torn += u.Torn
	t.Entries += u.Entries
	t.Errors += u.Errors
	t.FailSyncs += u.FailSyncs
}
