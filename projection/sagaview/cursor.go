package sagaview

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// cursor is the place behind the last saga of a page.
type cursor struct {
	startedAt int64
	name, id  string
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d/%s/%s", c.startedAt, c.name, c.id))
}

// parseCursor refuses every text that String cannot give.
func parseCursor(text string) (cursor, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		at, rest, _ := strings.Cut(string(raw), "/")
		c := cursor{}
		c.name, c.id, _ = strings.Cut(rest, "/")
		if c.startedAt, err = strconv.ParseInt(at, 10, 64); err == nil && c.String() == text {
			return c, nil
		}
	}
	return cursor{}, fmt.Errorf("%w: cursor %q is none that a page gave", ErrInvalidQuery, text)
}
