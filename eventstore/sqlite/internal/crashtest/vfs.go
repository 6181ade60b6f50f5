package crashtest

import (
	"cmp"
	"maps"
	"slices"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

var _ vfs.VFS = (*Disk)(nil)

// Open implements vfs.VFS. A file without a name is a temporary one: it is in no directory, and no cut matters to it.
func (d *Disk) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if err := d.call(Open); err != nil {
		return nil, flags, err
	}
	node := d.names[name]
	if node == nil {
		if flags&vfs.OPEN_CREATE == 0 {
			return nil, flags, sqlite3.CANTOPEN
		}
		node = &inode{}
		if name != "" {
			d.change(name, node)
			if d.changing() {
				return nil, flags, sqlite3.CANTOPEN
			}
		}
	}
	f := &file{disk: d, node: node, temporary: name == ""}
	// As in SQLite's own file system, the first sync of a journal or a WAL syncs the directory as well.
	const journals = vfs.OPEN_WAL | vfs.OPEN_MAIN_JOURNAL | vfs.OPEN_SUPER_JOURNAL
	f.syncDir = flags&vfs.OPEN_CREATE != 0 && flags&journals != 0
	if flags&vfs.OPEN_MAIN_DB != 0 {
		f.shm = vfs.NewSharedMemory(d.shm+"-shm", flags)
	}
	node.handles = append(node.handles, f)
	d.open++
	return f, flags, nil
}

// Delete implements vfs.VFS.
func (d *Disk) Delete(name string, syncDir bool) error {
	if err := d.call(Delete); err != nil {
		return err
	}
	if d.names[name] == nil {
		return sqlite3.IOERR_DELETE_NOENT
	}
	d.change(name, nil)
	if d.changing() {
		return sqlite3.IOERR_DELETE
	}
	if syncDir && !d.Traits.IgnoresSync {
		d.syncDirectory()
	}
	return nil
}

// Access implements vfs.VFS.
func (d *Disk) Access(name string, _ vfs.AccessFlag) (bool, error) {
	if d.off {
		return false, sqlite3.IOERR_ACCESS
	}
	// SQLite takes an empty file for none, where it asks whether there is a journal or a WAL.
	node := d.names[name]
	return node != nil && len(node.shown) > 0, nil
}

// FullPathname implements vfs.VFS.
func (d *Disk) FullPathname(name string) (string, error) { return name, nil }

// SyncFile syncs a file by its name, as a program does beside SQLite. That there is none is no error.
func (d *Disk) SyncFile(name string) error {
	node := d.names[name]
	if node == nil {
		return nil
	}
	f := &file{disk: d, node: node}
	return f.Sync(vfs.SYNC_FULL)
}

// touch makes an empty file, as a program does beside SQLite, unless there is one.
func (d *Disk) touch(name string) error {
	if d.names[name] == nil && !d.off {
		d.change(name, &inode{})
		d.changing()
	}
	if d.off {
		return sqlite3.CANTOPEN
	}
	return nil
}

// WriteFile writes the beginning of a file that is there, as a program does beside SQLite. Whether it can is not told.
func (d *Disk) WriteFile(name string, text []byte) {
	if node := d.names[name]; node != nil && !d.off {
		node.write(text, 0)
		d.changing()
	}
}

// sortedNames returns every inode that a name stands for, or may stand for after a cut, in one order on every run.
func sortedNames(shown, durable map[string]*inode, entries []entry) [][]*inode {
	byName := map[string][]*inode{}
	for _, names := range []map[string]*inode{shown, durable} {
		for name, node := range names {
			byName[name] = append(byName[name], node)
		}
	}
	for _, e := range entries {
		byName[e.name] = append(byName[e.name], e.node)
	}
	sorted := make([][]*inode, 0, len(byName))
	for _, name := range slices.SortedFunc(maps.Keys(byName), cmp.Compare) {
		sorted = append(sorted, byName[name])
	}
	return sorted
}
