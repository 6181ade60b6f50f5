package sagatest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// maxChartLines limits a chart: of a longer one the end is kept.
const maxChartLines = 200

// chart is a sequence chart in text: who did what to whom, and when.
type chart struct {
	lines   []string
	dropped int
}

func (c *chart) String() string {
	if c.dropped > 0 {
		return fmt.Sprintf("  … %d lines before …\n%s", c.dropped, strings.Join(c.lines, "\n"))
	}
	return strings.Join(c.lines, "\n")
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
	line := fmt.Sprintf("  %10s  %-9s %-16s %s", at, from, arrow, what)
	if w.chart.lines = append(w.chart.lines, strings.TrimRight(line, " ")); len(w.chart.lines) > maxChartLines {
		w.chart.lines = w.chart.lines[1:]
		w.chart.dropped++
	}
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
