package esdbtest

import "github.com/google/uuid"

// idCache remembers the latest events by their ids, within a bound.
type idCache struct {
	limit, used int
	known       map[uuid.UUID]place
	order       []uuid.UUID // oldest first
}

type place struct {
	stream string
	number int64
}

func newIDCache(limit int) *idCache { return &idCache{limit: limit, known: map[uuid.UUID]place{}} }

func (p place) cost() int { return 28 + 2*len(p.stream) }

func (c *idCache) put(id uuid.UUID, stream string, number int64) {
	if old, ok := c.known[id]; ok {
		c.used -= old.cost()
	} else {
		c.order = append(c.order, id)
	}
	p := place{stream, number}
	c.known[id] = p
	c.used += p.cost()
	for c.used > c.limit && len(c.order) > 0 {
		c.used -= c.known[c.order[0]].cost()
		delete(c.known, c.order[0])
		c.order = c.order[1:]
	}
}

func (c *idCache) find(id uuid.UUID, stream string) (int64, bool) {
	p, ok := c.known[id]
	return p.number, ok && p.stream == stream
}

func (c *idCache) clear() {
	c.used, c.order = 0, nil
	clear(c.known)
}
