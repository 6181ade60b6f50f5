package esdbtest

import (
	"math"
	"slices"
	"sort"
)

// pageSize is how many events the server reads at a time, and how many live ones it holds for a slow subscriber.
const pageSize = 32

// page is a part of $all.
type page struct {
	from, next position // where it was asked to begin, where to go on
	records    []*record
	considered int  // how many records were looked at, whether the filter let them pass or not
	end        bool // there is nothing more at the moment
}

// forwards reads those records at or after a place that the filter lets pass: at most count, among at most window.
func (v view) forwards(from position, count, window int, f filter) (page, error) {
	p := page{from: from, next: from}
	all := v.all()
	i := sort.Search(len(all), func(i int) bool { return all[i].position().compare(from) >= 0 })
	if i == len(all) {
		p.end = true // also when the place lies beyond the end of the log
		return p, nil
	}
	if !v.j.bounds[from.commit] {
		return p, errInvalidPosition()
	}
	for ; len(p.records) < count && p.considered < window; i++ {
		if i == len(all) {
			p.end = true
			break
		}
		if all[i].hidden {
			continue
		}
		if f.passes(all[i]) {
			p.records = append(p.records, all[i])
		}
		p.considered++
		p.next = position{all[i].end, 0}
	}
	return p, nil
}

// backwards reads records from the last that lies before a place: unlike forwards, the event at the place is not read.
func (v view) backwards(from position, count, window int, f filter) (page, error) {
	p := page{from: from, next: from}
	if !v.j.bounds[from.commit] {
		return p, errInvalidPosition()
	}
	all := v.all()
	i := sort.Search(len(all), func(i int) bool { return all[i].position().compare(from) >= 0 }) - 1
	for ; len(p.records) < count && p.considered < window; i-- {
		if i < 0 {
			p.end = true
			break
		}
		if all[i].hidden {
			continue
		}
		if f.passes(all[i]) {
			p.records = append(p.records, all[i])
		}
		p.considered++
		p.next = all[i].position()
	}
	return p, nil
}

// head is the place after the last record of the view.
func (v view) head() position {
	all := v.all()
	if len(all) == 0 {
		return position{}
	}
	return position{all[len(all)-1].end, all[len(all)-1].end}
}

// newest is the place of the last record of the view.
func (v view) newest() position {
	all := v.all()
	if len(all) == 0 {
		return position{}
	}
	return all[len(all)-1].position()
}

// streamPage reads visible events of a stream: forwards those with at least the number from, backwards those with at
// most that. It returns fewer than count only at the end of the stream.
func (v view) streamPage(name string, from int64, back bool, count int) ([]*record, error) {
	if v.last(name) == deletedStream {
		return nil, errStreamDeleted(name)
	}
	if len(v.stream(name)) == 0 || v.softDeleted(name) {
		return nil, errNoStream
	}
	all := v.visible(name)
	if !back {
		i := sort.Search(len(all), func(i int) bool { return all[i].number >= from })
		return all[i:min(i+count, len(all))], nil
	}
	end := len(all)
	if from != math.MaxInt64 {
		end = sort.Search(len(all), func(i int) bool { return all[i].number > from })
	}
	some := slices.Clone(all[max(0, end-count):end])
	slices.Reverse(some)
	return some, nil
}
