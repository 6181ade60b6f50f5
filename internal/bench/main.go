// Command bench measures what Skald promises about speed and memory, on the embedded store with synchronous=FULL, hash
// chain, checksum and full metadata on. It prints one row for each promise: the figure reached, the least that is
// promised, and the median and 99th percentile of one operation.
//
//	go run ./internal/bench            every row but the large ones
//	go run ./internal/bench -large     the restart among a million finished sagas
//	go run ./internal/bench -run sagas rows whose name matches
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"time"
)

// row is one promise and the way to measure it.
type row struct {
	name    string
	least   string
	stretch string
	large   bool
	measure func(ctx context.Context, dir string) (figure, error)
}

// figure is what one measurement gave.
type figure struct {
	value float64
	unit  string
	took  latencies
	note  string
}

func rows() []row {
	return []row{
		{"disk: 4 KiB appended and synced", "-", "-", false, disk},
		{"append: 2 events, 1,000 appenders", "35,000 /s", "50,000 /s", false, appends(1000, 400_000)},
		{"append: 2 events, one appender", "5,500 /s", "disk", false, appends(1, 20_000)},
		{"read all: 1 M events, undecoded", "700,000 /s", "1 M /s", false, readAll},
		{"load: fold a 10-event saga, warm", "12,000 /s", "25,000 /s", false, loadSagas},
		{"load: 10,000 events, with its snapshot", "5 ms", "2 ms", false, loadLong},
		{"sagas: 4 steps, 1,000 in flight", "3,000 /s", "7,000 /s", false, sagas(sagaRun{count: 30_000, inFlight: 1000})},
		{
			"sagas: the same, read model live", "2,000 /s", "4,000 /s", false,
			sagas(sagaRun{count: 20_000, inFlight: 1000, view: true}),
		},
		{"sagas: one at a time", "900 /s", "1,300 /s", false, sagas(sagaRun{count: 4_000, inFlight: 1})},
		{
			"sagas: step 3 fails, 1,000 in flight", "2,500 /s", "5,000 /s", false,
			sagas(sagaRun{count: 20_000, inFlight: 1000, fail: true}),
		},
		{"sagas: 1,000 branches in parallel", "2 s", "0.5 s", false, fanOut},
		{"sagas: CPU seconds per 1,000", "0.6 s", "0.3 s", false, sagaCPU},
		{"read model: catch up", "40,000 /s", "100,000 /s", false, catchUp},
		{"memory: 100,000 sagas on retry timers", "300 MB", "120 MB", false, memory},
		{"restart: 1 M finished, 10,000 open", "5 s", "1 s", true, restart(1_000_000, 10_000)},
	}
}

func main() {
	large := flag.Bool("large", false, "measure the large rows, which take minutes, instead of the others")
	match := flag.String("run", "", "measure only rows whose name matches this regular expression")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this file")
	dir := flag.String("dir", "", "where to put the databases (default: a temporary directory)")
	flag.Parse()
	if err := run(context.Background(), *large, *match, *profile, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, large bool, match, profile, dir string) error {
	pattern, err := regexp.Compile(match)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "skald-bench-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	if profile != "" {
		file, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	fmt.Printf("%s %s/%s, GOMAXPROCS %d, %s\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.GOMAXPROCS(0), time.Now().UTC().Format(time.DateOnly))
	fmt.Printf("%-40s %16s %12s %12s %10s %10s\n", "what", "reached", "at least", "stretch", "p50", "p99")
	for i, r := range rows() {
		if r.large != large || !pattern.MatchString(r.name) {
			continue
		}
		place := filepath.Join(dir, fmt.Sprintf("row-%d", i))
		if err := os.Mkdir(place, 0o700); err != nil {
			return err
		}
		f, err := r.measure(ctx, place)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Printf("%-40s %16s %12s %12s %10s %10s  %s\n",
			r.name, f, r.least, r.stretch, f.took.quantile(0.5), f.took.quantile(0.99), f.note)
		if err := os.RemoveAll(place); err != nil {
			return err
		}
	}
	return nil
}
