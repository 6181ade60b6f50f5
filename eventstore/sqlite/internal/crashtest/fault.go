package crashtest

import (
	"github.com/ncruces/go-sqlite3"
)

// Kind is a kind of call that SQLite makes to its file system.
type Kind uint8

// The calls that can be told to fail.
const (
	Read Kind = iota
	Write
	Sync
	Truncate
	Open
	Delete
	Size
	kinds
)

// Kinds returns all of them.
func Kinds() []Kind { return []Kind{Read, Write, Sync, Truncate, Open, Delete, Size} }

func (k Kind) String() string {
	return [kinds]string{"read", "write", "sync", "truncate", "open", "delete", "size"}[k]
}

// code is what SQLite's own file system returns when the operating system fails such a call.
func (k Kind) code() error {
	return [kinds]error{
		sqlite3.IOERR_READ, sqlite3.IOERR_WRITE, sqlite3.IOERR_FSYNC, sqlite3.IOERR_TRUNCATE, sqlite3.CANTOPEN,
		sqlite3.IOERR_DELETE, sqlite3.IOERR_FSTAT,
	}[k]
}

// Fault is a call that fails. The zero value is none.
type Fault struct {
	Kind    Kind
	Call    int  // the number of the call among those of its kind, from 1
	Full    bool // a write fails because the disk is full, not because it is broken
	Forever bool // so do all calls of its kind that follow
}

// Inject lets a call fail; its number is counted from now on.
func (d *Disk) Inject(f Fault) {
	d.fault = f
	d.calls = [kinds]int{}
}

// Repair lets every call succeed again.
func (d *Disk) Repair() { d.fault = Fault{} }

// call counts a call and returns the error with which it is to fail.
func (d *Disk) call(k Kind) error {
	if d.off {
		return k.code()
	}
	d.calls[k]++
	f := d.fault
	if f.Call == 0 || f.Kind != k || d.calls[k] < f.Call || d.calls[k] > f.Call && !f.Forever {
		return nil
	}
	d.Tally.Errors++
	if k == Sync {
		d.Tally.FailSyncs++
	}
	if f.Full && k == Write { // nothing else asks for space
		return sqlite3.FULL
	}
	return k.code()
}
