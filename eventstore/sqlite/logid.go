package sqlite

import (
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/skaldgo/skald/eventstore"
)

// newLogID makes the id of a log: a fresh one with check digits, so that a damaged id does not pass for that of another
// log.
func newLogID() (string, error) {
	id, err := eventstore.NewEventID()
	if err != nil {
		return "", err
	}
	return withCheckDigits(id.String()), nil
}

func withCheckDigits(id string) string {
	return fmt.Sprintf("%s-%08x", id, crc32.Checksum([]byte(id), castagnoli))
}

func checkLogID(id string) error {
	cut := strings.LastIndexByte(id, '-')
	if cut < 0 || withCheckDigits(id[:cut]) != id {
		return fmt.Errorf("the id of the log is %q, which is not one; restore it from a backup: %w", id, eventstore.ErrCorrupt)
	}
	return nil
}
