package esdbtest

import (
	"encoding/json"
	"math"
	"slices"
	"sort"
	"time"
)

// view is the log as one reader sees it: up to a limit. It is used with the journal locked.
type view struct {
	j     *journal
	limit uint64
}

// written is the view of the writer, who sees what is not committed too.
func (j *journal) written() view { return view{j, math.MaxUint64} }

func (v view) stream(name string) []*record { return before(v.j.streams[name], v.limit) }

func (v view) all() []*record { return before(v.j.records, v.limit) }

// last returns the number of a stream's last event: -1 when there is none, deletedStream when it is deleted for ever.
func (v view) last(name string) int64 {
	if isMeta(name) && v.last(originalOf(name)) == deletedStream {
		return deletedStream
	}
	all := v.stream(name)
	if len(all) == 0 {
		return -1
	}
	return all[len(all)-1].number
}

// retention is the part of a stream's metadata that decides which of its events are seen.
type retention struct {
	MaxCount *int64 `json:"$maxCount"`
	MaxAge   *int64 `json:"$maxAge"`
	Before   *int64 `json:"$tb"`
}

// retention returns that of a stream. Metadata that is not what it should be counts as none, as on the server.
func (v view) retention(name string) retention {
	if isMeta(name) {
		one := int64(1)
		return retention{MaxCount: &one}
	}
	meta := v.stream(metaOf(name))
	if len(meta) == 0 {
		return retention{}
	}
	var r retention
	if json.Unmarshal(meta[len(meta)-1].data, &r) != nil {
		return retention{}
	}
	return r
}

func (v view) softDeleted(name string) bool {
	r := v.retention(name)
	return r.Before != nil && *r.Before == deletedStream
}

// visible returns those events of a stream that its metadata leaves.
func (v view) visible(name string) []*record {
	all, r := v.stream(name), v.retention(name)
	if len(all) == 0 {
		return nil
	}
	var from int64
	if r.Before != nil {
		from = *r.Before
	}
	if r.MaxCount != nil {
		from = max(from, all[len(all)-1].number-*r.MaxCount+1)
	}
	all = all[sort.Search(len(all), func(i int) bool { return all[i].number >= from }):]
	if r.MaxAge == nil {
		return all
	}
	oldest := v.j.now().Add(-time.Duration(*r.MaxAge) * time.Second)
	return slices.DeleteFunc(slices.Clone(all), func(e *record) bool { return e.created.Before(oldest) })
}

// find returns one visible event of a stream, nil when there is none.
func (v view) find(name string, number int64) *record {
	for _, r := range v.visible(name) {
		if r.number == number {
			return r
		}
	}
	return nil
}

// prepare returns one event of a stream, visible or not, nil when there is none.
func (v view) prepare(name string, number int64) *record {
	all := v.stream(name)
	i := sort.Search(len(all), func(i int) bool { return all[i].number >= number })
	if i == len(all) || all[i].number != number {
		return nil
	}
	return all[i]
}
