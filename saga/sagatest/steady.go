package sagatest

import "time"

// settled is how many times of a lease pass with nothing but renewals until it is certain that they change nothing: a lease
// lapses, others find that, return what is above their share, and take what has become free.
const settled = 6

// steady is the instant by which leases are reckoned: that of the world, less the times that were skipped.
func (w *world) steady() time.Time { return w.now.Add(-w.skipped) }

// chore lets something happen when a time has passed in which something happens that is no chore, or may yet come of one.
func (w *world) chore(d time.Duration, happen func()) { w.queue.addChore(w.now.Add(d), happen) }

// next returns what happens next. Renewals alone have nothing to bring about once the leases are settled: then they are
// skipped until something else happens, and nothing happens when there is nothing else.
func (w *world) next() (happening, bool) {
	if w.queue.chores > 0 && w.steady().Sub(w.stirred) > settled*w.lessor.ttl {
		if w.queue.chores == len(w.queue.items) {
			return happening{}, false
		}
		w.skipped += w.queue.postpone(w.now)
	}
	return w.queue.next()
}
