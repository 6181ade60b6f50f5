package cutproxy

import "time"

// Direction is the way that bytes go.
type Direction int

// The directions.
const (
	ToServer Direction = iota
	ToClient
)

// Kind is what happens to a connection.
type Kind int

// The kinds of fault.
const (
	// Whole: nothing happens.
	Whole Kind = iota
	// Close ends the connection on both sides. What was read and not passed on is lost.
	Close
	// Reset ends it on both sides with a reset, by which the receiver may lose what has already come to it.
	Reset
	// HalfClose tells the receiver that nothing more comes, and drops what does; the other direction goes on.
	HalfClose
	// Stall drops what is to pass, the end of the connection included; the other direction goes on. The next Set ends it.
	Stall
	// Delay waits for a pause before it passes anything on, again and again.
	Delay
)

func (k Kind) String() string {
	return [...]string{"whole", "close", "reset", "half-close", "stall", "delay"}[k]
}

// Fault says what happens to a connection, and when.
type Fault struct {
	Kind      Kind
	Direction Direction
	After     int64         // bytes of this direction
	Pause     time.Duration // for Delay
}
