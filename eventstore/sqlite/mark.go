package sqlite

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/skaldgo/skald/eventstore"
)

// mark is the file <path>.head, one line that says how far the log was. A log whose end is gone, with its WAL or with the
// last part of it, is a sound database that knows nothing of the rest; a mark beyond its end gives that away.
//
// It is written after each commit and never synced. The commit was, so the mark is never ahead of the log; after a power
// loss it may be behind, and shows less. When several processes write, the later of two commits may be marked first,
// which the next one makes good.
type mark struct {
	file  *os.File
	logID string
}

func openMark(path, logID string) (*mark, error) {
	file, err := os.OpenFile(markPath(path), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return &mark{file: file, logID: logID}, nil
}

// write sets the mark. That it cannot be written is no reason to refuse an append that is stored: the log is then marked
// where it was before.
func (m *mark) write(position int64) {
	_, _ = m.file.WriteAt(marked{m.logID, position}.line(), 0)
}

func (m *mark) close() error { return m.file.Close() }

// marked is what a mark says.
type marked struct {
	logID    string
	position int64
}

// readMark returns the zero value when there is no mark, or one that is damaged: then nothing is known.
func readMark(path string) (marked, error) {
	line, err := os.ReadFile(markPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return marked{}, nil
	}
	if err != nil {
		return marked{}, fmt.Errorf("read its mark: %w: %w", eventstore.ErrDenied, err)
	}
	fields := strings.Fields(string(line))
	if len(fields) != 3 {
		return marked{}, nil
	}
	m := marked{logID: fields[0]}
	if m.position, err = strconv.ParseInt(fields[1], 10, 64); err != nil || string(m.line()) != string(line) {
		return marked{}, nil //nolint:nilerr // damaged
	}
	return m, nil
}

func (m marked) line() []byte {
	line := fmt.Appendf(nil, "%s %020d", m.logID, m.position)
	return fmt.Appendf(line, " %08x\n", crc32.Checksum(line, castagnoli))
}

// missed reports that a log ends before its mark.
func (m marked) missed(path, logID string, position int64) error {
	if m.logID != logID || position >= m.position {
		return nil
	}
	return fmt.Errorf("the log ends at position %d, but it was at %d: its WAL, or the end of it, is missing, or an older copy "+
		"was put in its place; put back what belongs to it, or delete %q to go on from here: %w",
		position, m.position, markPath(path), eventstore.ErrCorrupt)
}

// emptied reports that a log is gone, of which there is a mark.
func (m marked) emptied(path string) error {
	if m.position == 0 {
		return nil
	}
	return fmt.Errorf("there is nothing in it, but the log %s was in it up to position %d; put it back, or delete %q and %q to "+
		"begin another: %w", m.logID, m.position, markPath(path), path+"-wal", eventstore.ErrCorrupt)
}

func markPath(path string) string { return path + ".head" }
