package crashtest

import (
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"github.com/skaldgo/skald/eventstore"
)

// Store does what the shipped store does, on a Disk. Batches that the shipped one forms of what waits come ready made.
type Store struct {
	cfg  Config
	disk *Disk
	conn *conn

	LogID string

	failed   bool // refuses everything
	tends    bool // the last batch was stored
	heads    map[string]*head
	version  int64
	known    bool
	position int64
	streamNo int64
	rows     []row
	created  int64
	seen     int64 // length of the WAL at the last checkpoint
}

// head is what the store knows of a stream.
type head struct{ streamNo, revision int64 }

// OpenStore opens the log on a disk, and creates it when there is none: connect, establish, sync the WAL that was found,
// look whether it can be written, as the shipped Open does. A new log gets the id and the time.
func OpenStore(d *Disk, cfg Config, newID string, created int64) (_ *Store, err error) {
	examined, err := cfg.examine(d)
	if err != nil {
		return nil, fmt.Errorf("examine: %w", err)
	}
	if examined != nil {
		defer examined.close()
	}
	c, err := cfg.connect(d, sqlite3.OPEN_READWRITE|sqlite3.OPEN_CREATE, cfg.SQL.WriterCache, cfg.SQL.NoAutoCheckpoint)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	s := &Store{cfg: cfg, disk: d, conn: c, heads: map[string]*head{}, created: created}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if err := s.establish(newID); err != nil {
		return nil, fmt.Errorf("establish: %w", err)
	}
	if !cfg.Sabotage.TrustsRecovery {
		if err := d.SyncFile(fileName + "-wal"); err != nil {
			return nil, fmt.Errorf("sync the WAL: %w", err)
		}
	}
	if err := s.checkWritable(); err != nil {
		return nil, fmt.Errorf("look whether it can be written: %w", err)
	}
	return s, d.touch(markName)
}

func (s *Store) establish(newID string) error {
	blank, err := s.cfg.blank(s.conn)
	if err != nil {
		return err
	}
	if blank {
		if err := s.create(newID); err != nil {
			return fmt.Errorf("create: %w", err)
		}
	}
	mode, err := s.conn.query(s.cfg.SQL.WAL)
	if err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the journal mode is %q", mode)
	}
	if s.LogID, err = s.conn.query(s.cfg.SQL.SelectLog); err == nil && s.LogID == "" {
		err = fmt.Errorf("the log has no id: %w", eventstore.ErrCorrupt)
	}
	return err
}

func (s *Store) create(newID string) (err error) {
	for _, setting := range []string{s.cfg.SQL.PageSize, s.cfg.SQL.WAL, s.cfg.SQL.Begin} {
		if _, err := s.conn.query(setting); err != nil {
			return err
		}
	}
	defer func() {
		if err != nil && !s.conn.GetAutocommit() {
			_, rollbackErr := s.conn.query(s.cfg.SQL.Rollback)
			err = errors.Join(err, rollbackErr)
		}
	}()
	if _, err := s.cfg.blank(s.conn); err != nil {
		return err
	}
	for rest := s.cfg.SQL.Schema; rest != ""; {
		stmt, tail, err := s.conn.Prepare(rest)
		if err != nil {
			return err
		}
		if stmt != nil { // behind the last statement there is a line break
			stmt.Step()
			err = stmt.Err()
			_ = stmt.Close()
		}
		if err != nil {
			return err
		}
		rest = tail
	}
	if err := s.conn.run(s.cfg.SQL.InsertLog, newID, s.created); err != nil {
		return err
	}
	_, err = s.conn.query(s.cfg.SQL.Commit)
	return err
}

// checkWritable writes, and takes it back.
func (s *Store) checkWritable() error {
	_, err := s.conn.query(s.cfg.SQL.Begin)
	if err == nil {
		_, err = s.conn.query(s.cfg.SQL.Touch)
	}
	if !s.conn.GetAutocommit() {
		_, rollbackErr := s.conn.query(s.cfg.SQL.Rollback)
		err = errors.Join(err, rollbackErr)
	}
	return err
}

// Failed reports whether the store refuses every call until it is opened again.
func (s *Store) Failed() bool { return s.failed }

// Close closes the store; the last connection moves the WAL into the database and deletes it. After the power went it
// only gives back what the process had.
func (s *Store) Close() { s.conn.close() }
