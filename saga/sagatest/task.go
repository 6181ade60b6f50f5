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
	yield func(time.Duration) bool
	next  func() (time.Duration, bool)
	stop  func()
}

// spawn does work beside everything else, as of a moment from now; then is called when it is done.
func (w *world) spawn(n *node, work func(), then func()) {
	t := &task{w: w, n: n}
	t.next, t.stop = iter.Pull(func(yield func(time.Duration) bool) {
		t.yield = yield
		work()
	})
	w.tasks[t] = struct{}{}
	if n != nil {
		n.busy++
	}
	w.after(0, func() { t.resume(then) })
}

// resume lets the work go on to its next call.
func (t *task) resume(then func()) {
	if t.gone() {
		t.stop()
		delete(t.w.tasks, t)
		return
	}
	t.w.current = t
	wait, more := t.next()
	t.w.current = nil
	switch {
	case more:
		t.w.after(wait, func() { t.resume(then) })
	case t.gone():
		delete(t.w.tasks, t)
	default:
		delete(t.w.tasks, t)
		if t.n != nil {
			t.n.busy--
		}
		then()
	}
}

func (t *task) gone() bool { return t.n != nil && t.n.dead }

// pause lets others go on; false when the work is not to go on. Outside of a task it does nothing.
func (w *world) pause() bool {
	t := w.current
	if t == nil {
		return true
	}
	return t.yield(w.inject.latency()) && !t.gone()
}
