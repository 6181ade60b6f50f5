package sagatest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// maxChartLines limits a chart: of a longer one the beginning and the end are kept.
const maxChartLines = 200

// chart is a sequence chart in text: who did what to whom, and when.
type chart struct {
	first, last []string
	dropped     int // lines between them
}

func (c *chart) String() string {
	lines := slices.Clone(c.first)
	if c.dropped > 0 {
		lines = append(lines, fmt.Sprintf("  … %d lines …", c.dropped))
	}
	return strings.Join(append(lines, c.last...), "\n")
}

func (c *chart) add(line string) {
	if len(c.first) < maxChartLines/2 {
		c.first = append(c.first, line)
		return
	}
	if c.last = append(c.last, line); len(c.last) > maxChartLines/2 {
		c.last = c.last[1:]
		c.dropped++
	}
}

// say writes a line into the chart, if there is one.
func (w *world) say(from, to, what string) {
	if w.chart == nil {
		return
	}
	arrow := ""
	if to != "" {
		arrow = "──▶ " + to
	}
	at := w.now.Sub(w.began).Round(time.Millisecond)
	w.chart.add(strings.TrimRight(fmt.Sprintf("  %10s  %-9s %-16s %s", at, from, arrow, what), " "))
}

// about names a saga where there are several.
func (w *world) about(ref saga.Ref) string {
	if len(w.clients) == 1 {
		return ""
	}
	return ref.ID + ": "
}

// tell writes an append into the chart.
func (w *world) tell(stream string, fault storeFault, events []eventstore.EventData) {
	if w.chart == nil {
		return
	}
	from := "operator"
	if t := w.current; t != nil && t.n != nil {
		from = t.n.name
	}
	var words []string
	for _, ev := range events {
		var about struct {
			Step    string `json:"step"`
			Attempt int    `json:"attempt"`
		}
		_ = json.Unmarshal(ev.Data, &about) // an event that tells less is named all the same
		word := ev.Type
		if about.Step != "" {
			word += " " + about.Step
		}
		if about.Attempt > 0 {
			word += fmt.Sprintf(" %d", about.Attempt)
		}
		words = append(words, word)
	}
	what := strings.Join(words, ", ")
	if fault != noFault {
		what += " ✗ " + string(fault)
	}
	if ref, isSaga := saga.ParseStream(stream); isSaga {
		what = w.about(ref) + what
	}
	w.say(from, "log", what)
}
