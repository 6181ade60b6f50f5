package sqlite

// cache keeps about the most recently used entries of a map, in two generations: when the young one is half the limit, it
// becomes the old one, and the entries that were not used meanwhile go. Not safe for concurrent use.
type cache[K comparable, V any] struct {
	limit      int
	young, old map[K]V
}

func newCache[K comparable, V any](limit int) *cache[K, V] {
	return &cache[K, V]{limit: max(limit, 2), young: map[K]V{}, old: map[K]V{}}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	v, ok := c.young[key]
	if ok {
		return v, true
	}
	if v, ok = c.old[key]; ok {
		c.young[key] = v
	}
	return v, ok
}

// put adds an entry and never forgets one: that is left to trim, so that a batch keeps all it has touched.
func (c *cache[K, V]) put(key K, v V) { c.young[key] = v }

func (c *cache[K, V]) trim() {
	if len(c.young) >= c.limit/2 {
		c.old, c.young = c.young, c.old
		clear(c.young)
	}
}

func (c *cache[K, V]) drop() {
	clear(c.young)
	clear(c.old)
}
