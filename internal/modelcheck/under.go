package modelcheck

import "github.com/skaldgo/skald/saga"

// Under is what is explored. The zero value is Skald itself; tests put something broken in its place, to see that it is
// found.
type Under struct {
	// Decide decides in place of Instance.Decide. It must be pure.
	Decide func(*saga.Instance, saga.Command) ([]saga.Event, error)
	// Heed returns the events that orchestrators make of a log, in place of all of them. It must be pure.
	Heed func(log []saga.Event) []saga.Event
	// OnConflict is what comes of an append on a log that has moved on.
	OnConflict OnConflict
	// Forsakes: an orchestrator that does not know the version of a saga drops what comes of its attempts.
	Forsakes bool
	// EffectsOnly judges what the participants have done and nothing else.
	EffectsOnly bool
}

// OnConflict is what comes of an append on a log that has moved on.
type OnConflict uint8

const (
	// Reload refuses the append, and the orchestrator reads the log. This is what Skald does.
	Reload OnConflict = iota
	// RunAllTheSame refuses the append, and the orchestrator runs the attempt that was to be recorded all the same.
	RunAllTheSame
	// AppendAllTheSame takes the append: a store without expected revisions.
	AppendAllTheSame
)

func (u *Under) decide(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
	if u.Decide != nil {
		return u.Decide(in, c)
	}
	return in.Decide(c)
}
