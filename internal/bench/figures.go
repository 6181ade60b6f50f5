package main

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

func (f figure) String() string {
	if f.value < 100 {
		return strconv.FormatFloat(f.value, 'f', 3, 64) + " " + f.unit
	}
	digits := strconv.FormatFloat(f.value, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + " " + f.unit
}

// rate makes a figure of n operations in a time.
func rate(n int, took time.Duration, each latencies) figure {
	return figure{value: float64(n) / took.Seconds(), unit: "/s", took: each}
}

// latencies are the times that single operations took.
type latencies []time.Duration

// quantile returns the time that a share q of the operations did not exceed, as text; "-" when none was timed.
func (l latencies) quantile(q float64) string {
	if len(l) == 0 {
		return "-"
	}
	slices.Sort(l)
	at := l[int(q*float64(len(l)-1))]
	return fmt.Sprintf("%.2f ms", at.Seconds()*1e3)
}

// stopwatch collects latencies of many goroutines.
type stopwatch struct {
	mu  sync.Mutex
	all latencies
}

func (s *stopwatch) add(began time.Time) {
	took := time.Since(began)
	s.mu.Lock()
	s.all = append(s.all, took)
	s.mu.Unlock()
}
