package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skaldgo/skald/internal/proof"
)

// size is how much is done.
type size string

const (
	small size = "small" // what every change is tested with
	full  size = "proof" // half an hour
	night size = "night" // as long as one sleeps
)

// part is one campaign.
type part struct {
	name    string // as the campaign records it
	title   string // its heading in the report
	says    string // what it does, and what would make it fail
	command []string
	// asks names the variables of the campaign, without their prefix, and their values for each size.
	asks map[size]map[string]int
	// floors are the figures that must have been reached for the campaign to count.
	floors []floor
	// processors is how many of them the campaign keeps busy; half of one when it mostly waits for processes and servers.
	processors float64
	limit      map[size]time.Duration
}

// floor is a least value of a figure: that of a variable, or a number.
type floor struct {
	figure string
	asked  string
	least  int64
}

func (p *part) variables(s size) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(p.asks[s])) {
		list = append(list, proof.Prefix+name+"="+strconv.Itoa(p.asks[s][name]))
	}
	return list
}

// shell is the line by which anyone does the same.
func (p *part) shell(s size) string {
	var words []string
	for _, word := range slices.Concat(p.variables(s), p.command) {
		if strings.ContainsAny(word, "^$|() *") {
			word = "'" + word + "'"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// void says why a result does not count, or nothing.
func (p *part) void(s size, r proof.Result) error {
	for _, f := range p.floors {
		least := f.least
		if f.asked != "" {
			least = int64(p.asks[s][f.asked])
		}
		got, known := r.Figures[f.figure]
		if !known {
			got, known = r.Kinds[f.figure]
		}
		if !known {
			return fmt.Errorf("part %s is void: it has recorded no %q", p.name, f.figure)
		}
		if got < least {
			return fmt.Errorf("part %s is void: %d %s, and at least %d were to be", p.name, got, f.figure, least)
		}
	}
	return nil
}

// alone is 1 for a campaign that keeps every processor busy by itself, 0 for others.
func (p *part) alone() int {
	if p.processors > 1 {
		return 1
	}
	return 0
}
