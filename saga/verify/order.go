package verify

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// What is reported about many streams is reported in the order of their names, so that two reports of one log are equal.

func sortedStreams(streams map[string]*stream) []*stream {
	return slices.SortedFunc(maps.Values(streams), func(a, b *stream) int { return strings.Compare(a.name, b.name) })
}

func (s suspect) compare(t suspect) int {
	return cmp.Or(strings.Compare(s.stream, t.stream), strings.Compare(s.step, t.step))
}
