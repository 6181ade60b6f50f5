package crashtest

import (
	"io"
	"slices"
)

// inode is the content of a file, apart from its name.
type inode struct {
	shown   []byte   // what the kernel shows to those who read
	platter []byte   // what survives a power cut, come what may
	pending []change // what was written since the last sync, in order
	handles []*file
}

// change is a write, or a truncation when it has no data.
type change struct {
	at   int64
	data []byte
}

func (c change) truncates() bool { return c.data == nil }

// apply returns the content after the change.
func (c change) apply(content []byte) []byte {
	end := c.at + int64(len(c.data))
	if c.truncates() && int64(len(content)) > c.at {
		return content[:c.at]
	}
	if grow := end - int64(len(content)); grow > 0 {
		content = append(content, make([]byte, grow)...)
	}
	copy(content[c.at:], c.data)
	return content
}

func (n *inode) readAt(p []byte, off int64) (int, error) {
	if off >= int64(len(n.shown)) {
		return 0, io.EOF
	}
	read := copy(p, n.shown[off:])
	if read < len(p) {
		return read, io.EOF
	}
	return read, nil
}

func (n *inode) write(p []byte, off int64) {
	if len(p) == 0 {
		return
	}
	n.do(change{at: off, data: append(make([]byte, 0, len(p)), p...)})
}

func (n *inode) truncate(size int64) { n.do(change{at: size}) }

func (n *inode) do(c change) {
	n.shown = c.apply(n.shown)
	n.pending = append(n.pending, c)
}

// sync makes what was written durable.
func (n *inode) sync() {
	for _, c := range n.pending {
		n.platter = c.apply(n.platter)
	}
	n.pending = nil
}

// failSync is a sync that ends with an error. Of each change it is open whether it became durable, and what did not may
// be taken for clean: a later sync that succeeds says nothing about it. The kernel goes on showing it.
func (n *inode) failSync(d *Disk) {
	var dirty []change
	for _, c := range n.pending {
		switch d.rng.IntN(3) {
		case 0:
			n.platter = c.apply(n.platter)
		case 1:
			dirty = append(dirty, c)
		case 2:
			if !d.Traits.ForgetsFailedSyncs {
				dirty = append(dirty, c)
			}
		}
	}
	n.pending = dirty
}

// cut leaves what survives a power cut.
func (n *inode) cut(d *Disk, w weather) {
	changes := n.pending
	if w.shuffled {
		changes = slices.Clone(changes)
		d.rng.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	}
	for i, f := range w.fates(d.rng, len(changes)) {
		switch c := changes[i]; {
		case f == kept:
			n.platter = c.apply(n.platter)
		case f == torn && !c.truncates():
			d.Tally.Torn++
			for _, part := range tear(d.rng, c) {
				n.platter = part.apply(n.platter)
			}
		default:
			d.Tally.Dropped++
		}
	}
	n.pending = nil
	n.shown = slices.Clone(n.platter)
}
