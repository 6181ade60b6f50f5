package modelcheck

// space is a graph of states, as far as it was walked through.
type space[S comparable] struct {
	states  []S
	parents []int32
	ids     map[S]int32
	out     []int32 // successors of all states, one after the other; faults are negative, ^id
	begins  []int32 // where the successors of each state begin in out
}

// reach returns the number of a state, and takes it into the queue when it is new.
func (e *space[S]) reach(w S, parent int32) int32 {
	id, known := e.ids[w]
	if !known {
		if e.ids == nil {
			e.ids = map[S]int32{}
		}
		id = int32(len(e.states))
		e.ids[w] = id
		e.states = append(e.states, w)
		e.parents = append(e.parents, parent)
	}
	return id
}

// step notes that a state leads on to another.
func (e *space[S]) step(from int32, to S, fault bool) {
	id := e.reach(to, from)
	if fault {
		id = ^id
	}
	e.out = append(e.out, id)
}

// way returns how a state was reached, the first state first.
func (e *space[S]) way(id int32) []S {
	if id < 0 {
		return nil
	}
	return append(e.way(e.parents[id]), e.states[id])
}

// lost returns a state from which none that is saved can be reached by steps without a fault, or -1.
func (e *space[S]) lost(saved func(S) bool) int32 {
	into, start := e.incoming()
	reaches := make([]bool, len(e.states))
	var queue []int32
	for id, w := range e.states {
		if saved(w) {
			reaches[id] = true
			queue = append(queue, int32(id))
		}
	}
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, from := range into[start[id]:start[id+1]] {
			if !reaches[from] {
				reaches[from] = true
				queue = append(queue, from)
			}
		}
	}
	for id := range reaches {
		if !reaches[id] {
			return int32(id)
		}
	}
	return -1
}

// incoming turns the steps without a fault round: those into state i come from into[start[i]:start[i+1]].
func (e *space[S]) incoming() (into []int32, start []int32) {
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
		for _, to := range e.out[e.begins[from]:e.begins[from+1]] {
			if to >= 0 {
				into[next[to]] = int32(from)
				next[to]++
			}
		}
	}
	return into, start
}
