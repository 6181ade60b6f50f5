package esdbtest

import (
	"regexp"
	"slices"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// filter decides which events of $all are delivered. The zero filter lets all pass.
type filter struct {
	set      bool
	byType   bool // looks at the event type, else at the stream name
	prefixes []string
	pattern  *regexp.Regexp
	window   int // how many events are looked at in one page
	interval int // a checkpoint is due after as many
}

func newFilter(o *streams.ReadReq_Options_FilterOptions) (filter, error) {
	f := filter{set: o != nil, window: pageSize}
	if o == nil {
		return f, nil
	}
	if m := o.GetMax(); m > 0 {
		f.window = int(m)
	}
	f.interval = int(o.GetCheckpointIntervalMultiplier()) * f.window
	e := o.GetStreamIdentifier()
	if e == nil {
		e, f.byType = o.GetEventType(), true
	}
	if f.prefixes = e.GetPrefix(); len(f.prefixes) > 0 {
		return f, nil
	}
	var err error
	if f.pattern, err = regexp.Compile(e.GetRegex()); err != nil {
		return f, errInvalidArgument(err.Error())
	}
	return f, nil
}

func (f filter) passes(r *record) bool {
	text := r.stream
	if f.byType {
		text = r.kind
	}
	switch {
	case !f.set:
		return true
	case f.pattern != nil:
		return f.pattern.MatchString(text)
	}
	return slices.ContainsFunc(f.prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
}
