package esdbtest

import (
	"encoding/json"
	"strconv"

	"github.com/google/uuid"
)

// delete deletes a stream: for ever, with a tombstone, or so that the next append revives it, by metadata that hides all
// events and replaces what metadata there was.
func (j *journal) delete(stream string, expected int64, forever bool) outcome {
	j.mu.Lock()
	defer j.mu.Unlock()
	v := j.written()
	d := decide(v, view{j, j.committed}, stream, expected, []event{{id: uuid.New()}})
	if d.verdict == accepted && !forever && d.current < 0 {
		d.verdict = conflict // there is nothing to delete, whatever was expected
	}
	out := outcome{decision: d, revision: d.current}
	if d.verdict != accepted {
		return out
	}
	var r *record
	if forever {
		r = j.put(stream, deletedStream, event{id: uuid.New(), kind: typeTombstone, contentType: jsonContent}, false)
	} else {
		r = j.describe(stream, map[string]json.RawMessage{"$tb": number(deletedStream)})
	}
	at := r.position()
	out.at, out.write = &at, j.queue()
	return out
}

// revive lets a soft-deleted stream be seen from a number on. The journal is locked.
func (j *journal) revive(stream string, from int64) {
	meta := map[string]json.RawMessage{}
	if all := j.streams[metaOf(stream)]; len(all) > 0 {
		_ = json.Unmarshal(all[len(all)-1].data, &meta) // it was read before, to find the stream deleted
	}
	meta["$tb"] = number(from)
	j.describe(stream, meta)
}

// describe writes the metadata of a stream. The journal is locked.
func (j *journal) describe(stream string, meta map[string]json.RawMessage) *record {
	data, err := json.Marshal(meta)
	if err != nil {
		data = []byte("{}") // raw messages that were read from JSON
	}
	name := metaOf(stream)
	e := event{id: uuid.New(), kind: typeMetadata, contentType: jsonContent, data: data}
	return j.put(name, j.written().last(name)+1, e, false)
}

func number(n int64) json.RawMessage { return json.RawMessage(strconv.FormatInt(n, 10)) }
