package crashtest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/skaldgo/skald/eventstore"
)

// Stored is an event in the log, at the position that is one more than its index.
type Stored struct {
	Stream            string
	Revision, Created int64
	Event             eventstore.EventData
}

func (s *Stored) equals(o *Stored) bool {
	return s.Stream == o.Stream && s.Revision == o.Revision && s.Created == o.Created && s.Event.ID == o.Event.ID &&
		s.Event.Type == o.Event.Type && bytes.Equal(s.Event.Data, o.Event.Data) &&
		bytes.Equal(s.Event.Metadata, o.Event.Metadata)
}

// history is what the clients of a store know: what must be in the log, and what may be.
type history struct {
	logID   string   // empty until the log is known to exist
	log     []Stored // what was acknowledged, or seen after opening
	heads   map[string]int64
	doubts  []doubt    // one of them may follow in the log, whole; or nothing
	unknown []*Request // the appends in doubt whose callers have not asked again

	acked, repeated, conflicts int64 // appends
	applied, absent, late      int64 // appends in doubt, when the log was opened again; late when it was looked at before
}

// doubt is a batch whose callers have not been told whether it is stored. Until something else is acknowledged in its
// place it may take effect, even if it was not there before: the file that was deleted with it may come back.
type doubt struct {
	added   []Stored
	appends int64
	looked  bool
}

func newHistory() *history { return &history{heads: map[string]int64{}} }

// clone is for a look at a copy of the log, from which nothing follows.
func (h *history) clone() *history {
	c := *h
	c.heads, c.doubts = maps.Clone(h.heads), slices.Clone(h.doubts)
	return &c
}

func (h *history) head(stream string) int64 {
	if revision, ok := h.heads[stream]; ok {
		return revision
	}
	return -1
}

// verdict is what a request must be told if its batch commits.
type verdict struct {
	conflict bool
	result   eventstore.AppendResult
	repeat   bool
}

// decide works out, from the history alone, what a batch adds to the log and what each of its requests must be told.
func (h *history) decide(batch []*Request, created int64) (added []Stored, verdicts []verdict) {
	heads := map[string]int64{}
	for _, r := range batch {
		current, staged := heads[r.Stream]
		if !staged {
			current = h.head(r.Stream)
		}
		want, exact := r.Expected.Revision()
		if exact && want == current || r.Expected == eventstore.Any || r.Expected == eventstore.StreamExists && current >= 0 {
			for _, e := range r.Events {
				current++
				added = append(added, Stored{Stream: r.Stream, Revision: current, Created: created, Event: e})
			}
			heads[r.Stream] = current
			verdicts = append(verdicts, verdict{result: result(current, int64(len(h.log)+len(added)))})
			continue
		}
		verdicts = append(verdicts, h.decideRepeat(added, r, want+1))
	}
	return added, verdicts
}

// decideRepeat looks for the events of a request from a revision on.
func (h *history) decideRepeat(added []Stored, r *Request, from int64) verdict {
	found, last := 0, 0
	all := slices.Concat(h.log, added)
	for i := range all {
		s := &all[i]
		at := s.Revision - from
		if s.Stream == r.Stream && at >= 0 && at < int64(len(r.Events)) && s.Event.ID == r.Events[at].ID {
			found++
			last = i + 1
		}
	}
	if found < len(r.Events) {
		return verdict{conflict: true}
	}
	return verdict{repeat: true, result: result(from+int64(found)-1, int64(last))}
}

// told compares what a committed batch was told with what it must be, and takes it into the history.
func (h *history) told(batch []*Request, added []Stored, verdicts []verdict) error {
	for i, r := range batch {
		switch v := verdicts[i]; {
		case v.conflict && !errors.Is(r.Err, eventstore.ErrConflict):
			return fmt.Errorf("an append to %s under %s was told %w instead of a conflict", r.Stream, r.Expected, orNil(r.Err))
		case v.conflict:
			h.conflicts++
		case r.Err != nil:
			return fmt.Errorf("an append to %s under %s was refused in a batch that was stored: %w", r.Stream, r.Expected, r.Err)
		case r.Result != v.result:
			return fmt.Errorf("an append to %s was told %+v instead of %+v", r.Stream, r.Result, v.result)
		case v.repeat:
			h.repeated++
		default:
			h.acked++
		}
	}
	h.settle(added)
	return nil
}

var errNil = errors.New("success")

func orNil(err error) error {
	if err == nil {
		return errNil
	}
	return err
}

// settle takes events into the log, in the place of all that was in doubt there.
func (h *history) settle(added []Stored) {
	if len(added) > 0 {
		h.doubts = nil
	}
	h.log = append(h.log, added...)
	for i := range added {
		h.heads[added[i].Stream] = added[i].Revision
	}
}

// doubt notes a batch of which nobody was told whether it is stored.
func (h *history) doubt(batch []*Request, added []Stored, verdicts []verdict) {
	d := doubt{added: added}
	for i, r := range batch {
		if !verdicts[i].conflict && !verdicts[i].repeat {
			h.unknown = append(h.unknown, r)
			d.appends++
		}
	}
	if d.appends > 0 {
		h.doubts = append(h.doubts, d)
	}
}

// shows compares what a reader beside the writer was shown with the history: nothing is missing, and nothing is there
// that nobody was told of.
func (h *history) shows(log []Stored) error {
	for i := range h.log {
		if i >= len(log) {
			return fmt.Errorf("lost: the log ends at position %d, %d were acknowledged or read before", len(log), len(h.log))
		}
		if !log[i].equals(&h.log[i]) {
			return fmt.Errorf("changed: position %d holds %s, acknowledged or read before was %s", i+1, &log[i], &h.log[i])
		}
	}
	if rest := log[len(h.log):]; len(rest) > 0 {
		return fmt.Errorf("a part of a batch, or none: %d events that nobody was told of follow position %d, the first is %s",
			len(rest), len(h.log), &rest[0])
	}
	return nil
}

// found compares the log of a store that was just opened with the history, and takes in what was in doubt.
func (h *history) found(log []Stored) error {
	end := min(len(h.log), len(log))
	rest := log[end:]
	for i := range h.doubts {
		d := &h.doubts[i]
		switch {
		case slices.EqualFunc(rest, d.added, func(a, b Stored) bool { return a.equals(&b) }):
			h.applied += d.appends
			if d.looked {
				h.late += d.appends
			}
			h.settle(rest)
			return h.shows(log)
		case !d.looked:
			h.absent += d.appends
			d.looked = true
		}
	}
	return h.shows(log)
}

func (s *Stored) String() string {
	return fmt.Sprintf("revision %d of %s, %s, %d bytes", s.Revision, s.Stream, s.Event.ID, len(s.Event.Data))
}
