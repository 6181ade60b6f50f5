// Package lease holds the rules by which the shards of a group are divided among its owners: one pure function from a
// state, an instant and a request to the next state. The stores add what it needs to be true: that the instant is
// theirs, and that nothing comes between reading a state and writing the next one.
package lease
