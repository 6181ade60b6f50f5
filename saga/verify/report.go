package verify

import (
	"errors"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// ErrBroken: the log breaks a rule.
var ErrBroken = errors.New("log breaks a rule")

// Violation is one broken rule.
type Violation struct {
	Rule   string // its number
	Stream string
	// Revision is that of the event at which it shows, -1 when it concerns the stream or the log as a whole.
	Revision int64
	Sentence string // of the rule
	Detail   string // what is wrong here
}

// String tells the violation on one line: place, number, sentence, detail.
func (v Violation) String() string {
	place := v.Stream
	switch {
	case place == "":
		place = "the log"
	case v.Revision >= 0:
		place = fmt.Sprintf("%s@%d", v.Stream, v.Revision)
	}
	return fmt.Sprintf("%s breaks %s: %s %s", place, v.Rule, v.Sentence, v.Detail)
}

// Report is what was found in a log.
type Report struct {
	Events   int
	Streams  int
	Sagas    int
	Open     int // sagas that have not ended, the parked ones among them; like Ended and Parked not told by Against
	Ended    int
	Parked   int
	Late     int // successes that became known after the end of their saga
	Unhashed int // events of other streams than sagas' that carry no hash
	// Position is that of the last event that was read.
	Position eventstore.Position
	// Violations are in the order in which they were found, at most Config.MaxViolations; Broken counts all.
	Violations []Violation
	Broken     int
}

// Err returns nil when no rule is broken, and otherwise an error that matches ErrBroken and tells the first violation.
func (r Report) Err() error {
	if r.Broken == 0 {
		return nil
	}
	if len(r.Violations) == 0 {
		return fmt.Errorf("%w: %d violation(s)", ErrBroken, r.Broken)
	}
	return fmt.Errorf("%w: %d violation(s), the first: %s", ErrBroken, r.Broken, r.Violations[0])
}

// Has reports whether a rule of that number is among the Violations.
func (r Report) Has(rule string) bool {
	for _, v := range r.Violations {
		if v.Rule == rule {
			return true
		}
	}
	return false
}

// violations collects what is found, up to a limit.
type violations struct {
	limit  int
	list   []Violation
	broken int
}

func (v *violations) add(rule, stream string, revision int64, format string, args ...any) {
	v.broken++
	if len(v.list) < v.limit {
		v.list = append(v.list, Violation{
			Rule: rule, Stream: stream, Revision: revision, Sentence: sentence(rule), Detail: fmt.Sprintf(format, args...),
		})
	}
}
