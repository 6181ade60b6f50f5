package saga

import "time"

// moment is an instant in microseconds since the zero [time.Time], so that the zero of one is the zero of the other, and every
// instant of a log, which keeps milliseconds, comes back as it was. It takes a third of the room of a time.Time, of which an
// open saga would hold three for each of its steps.
type moment int64

// zeroMoment is the zero time.Time in microseconds since 1970.
const zeroMoment = -62_135_596_800_000_000

func momentOf(t time.Time) moment { return moment(t.UnixMicro() - zeroMoment) }

// time returns the instant, in UTC.
func (m moment) time() time.Time { return time.UnixMicro(int64(m) + zeroMoment).UTC() }

// IsZero reports whether there is no such instant.
func (m moment) IsZero() bool { return m == 0 }

// After reports whether the instant comes after t.
func (m moment) After(t time.Time) bool { return m.time().After(t) }
