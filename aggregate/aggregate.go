package aggregate

// Aggregate is a consistency boundary: state that changes by events alone, and decides on them alone. C is its command,
// E its event, both usually interfaces that the user's own types implement.
//
// Both methods are pure: no I/O, clock, randomness or goroutine. What a decision depends on beside the state, time and
// new ids among it, reaches Decide as fields of the command.
type Aggregate[C, E any] interface {
	// Decide returns the events that the command causes, in order, or the error by which it is refused. It changes
	// nothing: for one command it may be called several times, each time on an aggregate that was loaded afresh. No
	// events and no error means that there is nothing to do.
	Decide(command C) ([]E, error)

	// Evolve takes one event into the state. It cannot refuse: the event has happened. It is called once for each event
	// of the stream, in order, and may keep the event.
	Evolve(event E)
}
