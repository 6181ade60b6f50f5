package crashtest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/ncruces/go-sqlite3/vfs"
)

// Traits are what is peculiar to a disk.
type Traits struct {
	OnlyFullSyncs      bool // only a full sync reaches it, as on a Mac
	IgnoresSync        bool // it reports success and does nothing
	ForgetsFailedSyncs bool // it takes for clean what a failed sync did not write
}

// Disk is a directory and its files on a machine whose power can be cut. SQLite uses it as a VFS of its own. Not for
// concurrent use.
type Disk struct {
	Traits Traits
	Tally  Tally

	name    string // of the VFS
	shm     string // where the shared memory of open databases is
	rng     *rand.Rand
	names   map[string]*inode // the directory as the kernel shows it
	durable map[string]*inode // the directory that survives a power cut
	entries []entry           // changes of the directory since it was last synced

	off      bool
	cutAfter int // the number of changing calls until the power goes; 0: it stays
	fault    Fault
	calls    [kinds]int
	open     int // handles
}

// entry is a pending change of the directory: the name stands for the inode from now on, or for nothing.
type entry struct {
	name string
	node *inode
}

// NewDisk makes a blank disk and registers it with SQLite. Shared memory is kept in dir, which has to exist. The caller
// calls Remove in the end.
func NewDisk(dir string, rng *rand.Rand) *Disk {
	d := &Disk{rng: rng, names: map[string]*inode{}, durable: map[string]*inode{}}
	d.name = fmt.Sprintf("crash-%p", d)
	d.shm = filepath.Join(dir, d.name)
	vfs.Register(d.name, d)
	return d
}

// Remove ends the use of the disk.
func (d *Disk) Remove() {
	vfs.Unregister(d.name)
	d.forgetSharedMemory()
}

func (d *Disk) forgetSharedMemory() { _ = os.Remove(d.shm + "-shm") }

// CutAfter lets the power go in the n-th call from now on that writes, truncates, syncs, creates or deletes. With 0 it
// stays.
func (d *Disk) CutAfter(n int) { d.cutAfter = n }

// CutNow lets the power go between two calls.
func (d *Disk) CutNow() { d.off, d.cutAfter = true, 0 }

// Off reports whether the power is gone: every call fails until Restart or Kill.
func (d *Disk) Off() bool { return d.off }

// holds reports whether there is a file of that name.
func (d *Disk) holds(name string) bool { return d.names[name] != nil }

// files returns all files of the log, as the kernel shows them.
func (d *Disk) files() map[string][]byte {
	files := map[string][]byte{}
	for name, node := range d.names {
		files[name] = slices.Clone(node.shown)
	}
	return files
}

// changing counts a call that changes something, and reports whether the power went in it.
func (d *Disk) changing() bool {
	if d.cutAfter > 0 {
		if d.cutAfter--; d.cutAfter == 0 {
			d.off = true
		}
	}
	return d.off
}

// Restart is the machine after a power cut: only now it is drawn what survived. Every handle has to be closed.
func (d *Disk) Restart() {
	d.mustBeClosed()
	d.Tally.Cuts++
	w := drawWeather(d.rng)
	all := map[*inode]bool{}
	unsynced := false
	for _, name := range sortedNames(d.names, d.durable, d.entries) {
		for _, node := range name {
			if node != nil && !all[node] {
				all[node] = true
				unsynced = unsynced || len(node.pending) > 0
				node.cut(d, w)
			}
		}
	}
	if unsynced {
		d.Tally.Unsynced++
	}
	for _, e := range d.entries {
		if w.survives(d.rng) {
			d.enter(d.durable, e)
		} else {
			d.Tally.Entries++
		}
	}
	d.entries = nil
	d.names = maps.Clone(d.durable)
	d.forgetSharedMemory()
	d.off = false
}

// Kill is the machine after the end of the process alone: what it wrote is shown, and is no more durable than before.
func (d *Disk) Kill() {
	d.mustBeClosed()
	if d.off {
		d.Tally.Kills++
	}
	d.off = false
}

func (d *Disk) mustBeClosed() {
	d.CutAfter(0)
	if d.open > 0 {
		panic(fmt.Sprintf("%d files are open on a machine that is off", d.open))
	}
}

func (d *Disk) enter(names map[string]*inode, e entry) {
	if e.node == nil {
		delete(names, e.name)
	} else {
		names[e.name] = e.node
	}
}

// change changes the directory.
func (d *Disk) change(name string, node *inode) {
	e := entry{name, node}
	d.enter(d.names, e)
	d.entries = append(d.entries, e)
}

func (d *Disk) syncDirectory() {
	d.durable = maps.Clone(d.names)
	d.entries = nil
}
