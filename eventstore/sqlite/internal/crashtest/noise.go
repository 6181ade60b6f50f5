package crashtest

import (
	"bytes"
	"slices"

	"github.com/skaldgo/skald/eventstore"
)

// Reading is how a log was read.
type Reading uint8

// What a reader can make of a damaged log.
const (
	Right   Reading = iota // as it was written
	Refused                // with an error
	Wrong                  // otherwise than it was written, and without an error
)

// Noise writes a log, changes some bytes of one event's data on the disk, and reads the log as the shipped store does,
// with its checksums or trusting what stands there. The seed determines all of it.
func (c Campaign) Noise(seed uint64, trusts bool) (Reading, error) {
	rng := seeded(seed)
	r := newRun(c, rng)
	defer r.disk.Remove()
	r.Config.Passive, r.Config.Truncating = 8, 20
	if err := r.life(4); err != nil {
		return Right, err
	}
	store, err := r.opened()
	if err != nil {
		return Right, err
	}
	store.Close() // with everything in the database
	for {
		e := &r.hist.log[rng.IntN(len(r.hist.log))].Event
		if len(e.Data) > 0 && r.disk.scratch(e) {
			break
		}
	}
	reader, err := OpenReader(r.disk, r.Config)
	if err != nil {
		return Right, err
	}
	defer reader.Close()
	reader.Trusts = trusts
	switch log, err := reader.Log(); {
	case err != nil:
		return Refused, nil
	case r.hist.shows(log) != nil:
		return Wrong, nil
	}
	return Right, nil
}

// scratch changes some bytes of an event's data wherever they stand in the database: beside the row there may be what is
// left of where it stood before.
func (d *Disk) scratch(e *eventstore.EventData) (found bool) {
	node := d.names[fileName]
	row := slices.Concat(e.ID[:], []byte(e.Type), e.Data[:min(len(e.Data), 200)])
	from := len(row) - 1 - d.rng.IntN(min(len(e.Data), 200))
	noise := bytes.Clone(row[from:])
	for i := range noise {
		noise[i] ^= byte(1 + d.rng.IntN(255))
	}
	for {
		at := bytes.Index(node.shown, row)
		if at < 0 {
			return found
		}
		node.write(noise, int64(at+from))
		node.sync()
		found = true
	}
}

// Content returns the bytes of the log's database or of a file beside it, as the kernel shows them.
func (d *Disk) Content(suffix string) []byte {
	if node := d.names[fileName+suffix]; node != nil {
		return node.shown
	}
	return nil
}
