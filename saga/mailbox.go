package saga

import "sync"

// mailbox hands over what goroutines have for the loop of a session, in order. It takes any number without blocking;
// what is in it is bounded by the appends, attempts and callers under way, and by maxUnseen.
type mailbox struct {
	mu     sync.Mutex
	items  []any
	signal chan struct{} // holds a token while there is something to take
}

func newMailbox() *mailbox { return &mailbox{signal: make(chan struct{}, 1)} }

func (m *mailbox) put(item any) {
	m.mu.Lock()
	first := len(m.items) == 0
	m.items = append(m.items, item)
	m.mu.Unlock()
	if first {
		select {
		case m.signal <- struct{}{}:
		default:
		}
	}
}

// take returns everything that has come in, and keeps spare to fill next.
func (m *mailbox) take(spare []any) []any {
	clear(spare)
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items = spare[:0]
	return items
}
