package sagatest

import (
	"errors"
	"iter"
	"time"
)

// errCrashed ends the work of an orchestrator that is no more.
var errCrashed = errors.New("the orchestrator has crashed")

// task is work that calls the store. It is a coroutine: it stops at each call, so that others can go on meanwhile, and
// goes on when its turn comes.
type task struct {
	w     *world
	n     *node // nil for an operator
	at    point // of its next call, or of the one under way
	parts int   // of the call, so far
	sent  bool  // the call is on its way, and nothing that happens to the orchestrator can stop it
	over  bool  // nobody waits for it any more
	by    *worker
	then  func()
	again func() // resume, made once
}

// spawn does work beside everything else, as of a moment from now; then is called when it is done. at names its calls of
// the store.
func (w *world) spawn(n *node, at point, work, then func()) {
	t := &task{w: w, n: n, at: at, by: w.crew.take(), then: then}
	t.by.work, t.again = work, t.resume
	w.tasks[t] = struct{}{}
	if n != nil {
		n.busy++
	}
	w.after(0, t.again)
}

// resume lets the work go on to its next stop.
func (t *task) resume() {
	switch {
	case t.gone():
		t.sent = t.sent && !t.over && t.w.inject.orphan(&t.at)
	case !t.sent && t.n != nil && t.n.isFrozen():
		t.w.queue.add(t.n.thaws, t.again)
		return
	}
	if t.work() && !t.gone() {
		t.then()
	}
}

// work goes on with the work and reports whether that was the end of it.
func (t *task) work() bool {
	before := t.w.current
	t.w.current = t
	s, more := t.by.next()
	t.w.current = before
	if more && !s.done {
		if !s.idle {
			t.w.after(s.wait, t.again)
		}
		return false
	}
	delete(t.w.tasks, t)
	if t.n != nil {
		t.n.busy--
	}
	t.w.crew.give(t.by)
	return true
}

func (t *task) gone() bool { return t.over || t.n != nil && t.n.dead }

// unlucky reports whether the world's faults hit calls of the task: of operators only those who migrate, and those not where
// there is a schedule.
func (t *task) unlucky(w *world) bool {
	if t == nil || t.n != nil {
		return t != nil
	}
	_, scheduled := w.inject.(meddler)
	return t.at.of == ofMigration && !scheduled
}

// crash ends the life of the orchestrator, or of the operator's program, whose call it is.
func (t *task) crash() {
	if t.n != nil {
		t.w.crash(t.n)
		return
	}
	t.w.say("operator", "", "✗ crashes")
	t.over = true
}

// send lets others go on while a call is on its way to the store; false when it never gets there. Outside of a task it
// does nothing.
func (w *world) send() bool {
	t := w.current
	if t == nil {
		return true
	}
	if t.gone() {
		return false
	}
	t.at.nth, t.parts, t.sent = w.nth(&t.at), 0, true
	arrived := t.pause() && (t.sent || !t.gone())
	t.sent = false
	return arrived
}

// answered lets others go on while the answer of the store is on its way; false when nobody is there to get it.
func (w *world) answered() bool {
	t := w.current
	return t == nil || !t.gone() && t.pause() && !t.gone()
}

func (t *task) pause() bool {
	t.parts++
	return t.by.yield(stop{wait: t.w.inject.latency(&t.at, t.parts)})
}

// abandon ends what has not come to its end.
func (w *world) abandon() {
	for t := range w.tasks {
		t.over, t.sent = true, false
		for !t.work() {
		}
	}
}

// crew is coroutines to work with. They are used again, because their stacks are costly to grow.
type crew struct{ idle []*worker }

type worker struct {
	work  func()
	yield func(stop) bool
	next  func() (stop, bool)
	quit  func()
}

// stop is what a coroutine stops with.
type stop struct {
	wait time.Duration
	idle bool // somebody else lets it go on
	done bool
}

func (c *crew) take() *worker {
	if last := len(c.idle) - 1; last >= 0 {
		k := c.idle[last]
		c.idle = c.idle[:last]
		return k
	}
	k := &worker{}
	k.next, k.quit = iter.Pull(func(yield func(stop) bool) {
		k.yield = yield
		for {
			k.work()
			k.work = nil
			if !yield(stop{done: true}) {
				return
			}
		}
	})
	return k
}

func (c *crew) give(k *worker) { c.idle = append(c.idle, k) }

// dismiss ends all coroutines, none of which works.
func (c *crew) dismiss() {
	for _, k := range c.idle {
		k.quit()
	}
	c.idle = nil
}
