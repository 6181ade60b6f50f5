package esdbtest

// Scavenge removes from the log what its streams do not show any more: what $tb, $maxCount and $maxAge hide, all records
// of metadata but the last, and all events of tombstoned streams but the tombstone. The last event of a stream stays, so
// that its numbers go on. Until it is called all of that is still read from $all.
func (c *Cluster) Scavenge() {
	j := c.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	v := view{j, j.committed}
	keep := map[*record]bool{}
	for name := range j.streams {
		for _, r := range v.visible(name) {
			keep[r] = v.last(name) != deletedStream || r.number == deletedStream
		}
		if all := v.stream(name); len(all) > 0 {
			keep[all[len(all)-1]] = true
		}
	}
	j.drop(func(r *record) bool { return !r.hidden && r.at < j.committed && !keep[r] })
	j.signal()
}
