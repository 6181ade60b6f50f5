package lease

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"unicode/utf8"

	"github.com/skaldgo/skald/eventstore"
)

var groupName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

const (
	maxOwnerBytes = 200
	maxAbove      = math.MaxInt64 // so that tokens never come to their end
	maxToken      = math.MaxUint64 - eventstore.MaxShards
)

// Validate reports everything that is wrong with a request at once, as eventstore.ErrInvalid.
func Validate(r eventstore.LeaseRequest) error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !groupName.MatchString(r.Group) {
		wrong("group %q is not made of letters, digits, '.', '_' and '-'", r.Group)
	}
	if r.Owner == "" || len(r.Owner) > maxOwnerBytes {
		wrong("owner %.210q has %d bytes, it must have 1 to %d", r.Owner, len(r.Owner), maxOwnerBytes)
	}
	if !utf8.ValidString(r.Owner) {
		wrong("owner %q is not UTF-8", r.Owner) // it would be another one when it is read again
	}
	if r.Shards < 1 || r.Shards > eventstore.MaxShards {
		wrong("%d shards, there must be 1 to %d", r.Shards, eventstore.MaxShards)
	}
	if r.TTL < eventstore.MinLeaseTTL {
		wrong("TTL %v, it must be at least %v", r.TTL, eventstore.MinLeaseTTL)
	}
	if r.Above > maxAbove {
		wrong("no token is granted above %d, the highest to ask for is %d", r.Above, int64(maxAbove))
	}
	for _, l := range r.Returned {
		if l.Shard < 0 || l.Shard >= r.Shards {
			wrong("shard %d is returned, they are numbered 0 to %d", l.Shard, r.Shards-1)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("lease: %w: %w", eventstore.ErrInvalid, errors.Join(errs...))
}
