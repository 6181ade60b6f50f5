package crashtest

import (
	"slices"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// file is an open file.
type file struct {
	disk      *Disk
	node      *inode
	temporary bool
	syncDir   bool // the next sync is one of the directory as well
	level     vfs.LockLevel
	shm       vfs.SharedMemory
}

var (
	_ vfs.FileSharedMemory = (*file)(nil)
	_ vfs.FileLockState    = (*file)(nil)
)

func (f *file) Close() error {
	if f.shm != nil {
		_ = f.shm.Close()
	}
	f.node.handles = slices.DeleteFunc(f.node.handles, func(h *file) bool { return h == f })
	f.disk.open--
	return nil
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if err := f.disk.call(Read); err != nil {
		return 0, err
	}
	return f.node.readAt(p, off)
}

// WriteAt stores the beginning of what it was told to when it fails, but never all of it.
func (f *file) WriteAt(p []byte, off int64) (int, error) {
	d := f.disk
	if err := d.call(Write); err != nil {
		if !d.off {
			f.node.write(p[:d.rng.IntN(len(p))], off)
		}
		return 0, err
	}
	f.node.write(p, off)
	if !f.temporary && d.changing() {
		return 0, sqlite3.IOERR_WRITE
	}
	return len(p), nil
}

func (f *file) Truncate(size int64) error {
	if err := f.disk.call(Truncate); err != nil {
		return err
	}
	f.node.truncate(size)
	if !f.temporary && f.disk.changing() {
		return sqlite3.IOERR_TRUNCATE
	}
	return nil
}

// Sync makes the file durable, unless the disk has its ways.
func (f *file) Sync(flags vfs.SyncFlag) error {
	d := f.disk
	if err := d.call(Sync); err != nil {
		if !d.off {
			f.node.failSync(d)
		}
		return err
	}
	if f.temporary {
		return nil
	}
	if d.changing() {
		return sqlite3.IOERR_FSYNC
	}
	if d.Traits.IgnoresSync || d.Traits.OnlyFullSyncs && flags&vfs.SYNC_FULL != vfs.SYNC_FULL {
		return nil
	}
	f.node.sync()
	if f.syncDir {
		f.syncDir = false
		d.syncDirectory()
	}
	return nil
}

func (f *file) Size() (int64, error) {
	if err := f.disk.call(Size); err != nil {
		return 0, err
	}
	return int64(len(f.node.shown)), nil
}

// SectorSize and DeviceCharacteristics are those of the shipped build on Linux.
func (f *file) SectorSize() int { return 4096 }

func (f *file) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return vfs.IOCAP_POWERSAFE_OVERWRITE | vfs.IOCAP_SUBPAGE_READ
}

// SharedMemory is real memory that is shared through a real file: nothing in it has to outlive the machine.
func (f *file) SharedMemory() vfs.SharedMemory { return f.shm }

func (f *file) LockState() vfs.LockLevel { return f.level }

// Lock takes SQLite's locks on a database, among the handles of one process.
func (f *file) Lock(level vfs.LockLevel) error {
	if f.disk.off {
		return sqlite3.IOERR_LOCK
	}
	others := vfs.LOCK_NONE
	for _, h := range f.node.handles {
		if h != f {
			others = max(others, h.level)
		}
	}
	switch {
	case f.level >= level:
		return nil
	case level == vfs.LOCK_SHARED && others >= vfs.LOCK_PENDING,
		level > vfs.LOCK_SHARED && others >= vfs.LOCK_RESERVED:
		return sqlite3.BUSY
	case level == vfs.LOCK_EXCLUSIVE && others >= vfs.LOCK_SHARED:
		f.level = vfs.LOCK_PENDING
		return sqlite3.BUSY
	}
	f.level = level
	return nil
}

func (f *file) Unlock(level vfs.LockLevel) error {
	f.level = min(f.level, level)
	return nil
}

func (f *file) CheckReservedLock() (bool, error) {
	return slices.ContainsFunc(f.node.handles, func(h *file) bool { return h.level >= vfs.LOCK_RESERVED }), nil
}
