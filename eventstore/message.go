package eventstore

// MessageKind tells what a subscription message is.
type MessageKind uint8

const (
	// KindEvent carries a matching event.
	KindEvent MessageKind = iota + 1
	// KindCheckpoint says that the subscription has passed a position, with no matching event on the way.
	KindCheckpoint
	// KindCaughtUp says that every event up to a position has been delivered and that the subscription is about to wait.
	// It comes again when the subscription has passed something since and is about to wait once more.
	KindCaughtUp
)

func (k MessageKind) String() string {
	switch k {
	case KindEvent:
		return "event"
	case KindCheckpoint:
		return "checkpoint"
	case KindCaughtUp:
		return "caught up"
	}
	return "unknown"
}

// Message is what a subscription yields. Its Position is always safe to resume after, and not beyond the head of the log.
type Message struct {
	Kind     MessageKind
	Position Position
	Event    RecordedEvent // set when Kind is KindEvent
}
