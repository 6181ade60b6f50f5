package projectorcli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxRate is more than one machine can start, so that a slip of the finger is noticed.
const maxRate = 100_000 // a second

// rate is so many in a unit of time. It is a flag value.
type rate struct {
	text  string
	every time.Duration // between two, zero for none at all
}

// String returns the rate as it was given.
func (r *rate) String() string { return r.text }

// Type names the flag's value in a help text.
func (r *rate) Type() string { return "N/UNIT" }

// Set reads 20/s, 0.5/s, 5/m, 100/h, or 0.
func (r *rate) Set(text string) error {
	number, unit, perUnit := strings.Cut(text, "/")
	n, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || !(n >= 0):
		return errors.New("a rate is a number and a unit, as in 20/s, 5/m, 100/h, or 0 for none")
	case n == 0:
		*r = rate{text: text}
		return nil
	case !perUnit:
		return fmt.Errorf("per what? Write %s/s, %s/m or %s/h", number, number, number)
	}
	length, ok := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	if !ok {
		return fmt.Errorf("unit %q is none of s, m and h", unit)
	}
	if n/length.Seconds() > maxRate || n < 1e-6 {
		return fmt.Errorf("it must be at most %d/s and not next to nothing", maxRate)
	}
	*r = rate{text: text, every: time.Duration(float64(length) / n)}
	return nil
}
