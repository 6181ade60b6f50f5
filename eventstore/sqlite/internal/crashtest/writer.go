package crashtest

import (
	"errors"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// Request is one append of a batch.
type Request struct {
	Stream   string
	Expected eventstore.ExpectedRevision
	Events   []eventstore.EventData

	Result eventstore.AppendResult
	Err    error
}

// errFailed is what a store says that refuses every call.
var errFailed = errors.New("store failed")

// Commit stores a batch in one transaction, at a time, and tells each request its outcome.
func (s *Store) Commit(batch []*Request, created int64) {
	s.created = created
	err := s.cycle(batch)
	for _, r := range batch {
		if err != nil {
			r.Result, r.Err = eventstore.AppendResult{}, err
		}
	}
	s.tends = err == nil
}

// Tend checkpoints when it is due, after a batch that was stored. A failed sync makes the store refuse everything.
func (s *Store) Tend() {
	if !s.tends {
		return
	}
	if err := s.tend(); err != nil {
		s.failed = true
	}
}

func (s *Store) cycle(batch []*Request) error {
	if s.failed {
		return errFailed
	}
	if err := s.conn.run(s.cfg.SQL.Begin); err != nil {
		return s.cfg.Rules.Translate("begin", Code(err))
	}
	err := s.stage(batch)
	if err == nil {
		if err = s.conn.run(s.cfg.SQL.Commit); err == nil || s.cfg.Sabotage.TakesAllForCommits {
			s.disk.WriteFile(markName, s.cfg.Rules.Mark(s.LogID, s.position))
			return nil
		}
		if !s.cfg.Rules.IsClean(Code(err)) && !s.forgives(err) {
			return s.fail("commit", err)
		}
	}
	if s.cfg.Rules.IsFailedSync(Code(err)) && !s.forgives(err) {
		return s.fail("write", err)
	}
	if rollbackErr := s.undo(); rollbackErr != nil {
		return s.fail("roll back", rollbackErr)
	}
	if Code(err) == 0 { // an error of this package is none that SQLite gave
		return err
	}
	return s.cfg.Rules.Translate("append: nothing was stored", Code(err))
}

// forgives is the sabotage that takes a failed sync for an error like others.
func (s *Store) forgives(err error) bool {
	return s.cfg.Sabotage.TrustsFailedSyncs && s.cfg.Rules.IsFailedSync(Code(err))
}

func (s *Store) undo() error {
	if !s.cfg.Sabotage.KeepsItsCache {
		s.forget()
	}
	s.rows = s.rows[:0]
	if s.conn.GetAutocommit() {
		return nil
	}
	return s.conn.run(s.cfg.SQL.Rollback)
}

func (s *Store) fail(doing string, err error) error {
	_ = s.undo()
	s.failed = true
	return fmt.Errorf("append: %w: %s: %w", eventstore.ErrIndeterminate, doing, err)
}

// tend checkpoints when it is due. Only a failed sync is an error.
func (s *Store) tend() error {
	frames, err := s.checkpoint(s.cfg.SQL.CheckpointLook)
	if err != nil {
		return err
	}
	if frames < s.seen {
		s.seen = 0
	}
	if frames-s.seen < s.cfg.Passive {
		return nil
	}
	s.seen = frames
	if frames, err = s.checkpoint(s.cfg.SQL.CheckpointPassive); err != nil || frames < s.cfg.Truncating {
		return err
	}
	_, err = s.checkpoint(s.cfg.SQL.CheckpointTruncate)
	return err
}

// checkpoint returns the length of the WAL, and the error only if it is one of a sync.
func (s *Store) checkpoint(statement string) (frames int64, err error) {
	err = s.conn.first(statement, func(stmt *stmt) { frames = stmt.ColumnInt64(1) })
	if s.cfg.Rules.IsFailedSync(Code(err)) && !s.forgives(err) {
		return frames, err
	}
	return frames, nil
}
