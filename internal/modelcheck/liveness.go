package modelcheck

import "fmt"

// wantWaysOut makes sure that from every state the saga can end, come to wait for a person who redrives it, or for a signal
// when no more are sent; and that no crash, lost or doubled answer, impatience, cancellation or pause is needed for that.
func (e *explorer) wantWaysOut() error {
	into, start := e.incoming()
	saved := make([]bool, len(e.states))
	var queue []int32
	for id, w := range e.states {
		if past := &e.at(w.log).past; past.ended != open || past.parked || e.unsignalled(w) {
			saved[id] = true
			queue = append(queue, int32(id))
		}
	}
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, from := range into[start[id]:start[id+1]] {
			if !saved[from] {
				saved[from] = true
				queue = append(queue, from)
			}
		}
	}
	for id := range saved {
		if !saved[id] {
			w := e.states[id]
			e.breaks(w.log, nil, fmt.Sprintf("G19: the saga can neither end nor park, and it is %s", e.at(w.log).inst.State()))
			return e.violation(int32(id))
		}
	}
	return nil
}

// incoming turns the steps without a fault round: those into state i come from into[start[i]:start[i+1]].
func (e *explorer) incoming() (into []int32, start []int32) {
	start = make([]int32, len(e.states)+1)
	for _, to := range e.out {
		if to >= 0 {
			start[to+1]++
		}
	}
	for i := range len(e.states) {
		start[i+1] += start[i]
	}
	into = make([]int32, start[len(e.states)])
	next := append([]int32(nil), start...)
	for from := range e.states {
		for _, to := range e.out[e.from[from]:e.from[from+1]] {
			if to >= 0 {
				into[next[to]] = int32(from)
				next[to]++
			}
		}
	}
	return into, start
}

// unsignalled reports whether a saga waits for nothing but a signal, for ever, and all that are sent have come.
func (e *explorer) unsignalled(w world) bool {
	n := e.at(w.log)
	if n.past.ended != open || n.past.waiting(e.shape) < 0 || n.past.halted() || w.flags.done(actSignal) < e.shape.Signals {
		return false
	}
	return n.past.binding(e.shape) < 0 && n.next == 0 && len(e.ask(w.log, command{kind: proceed}).events) == 0
}
