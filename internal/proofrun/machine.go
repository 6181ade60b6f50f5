package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/skaldgo/skald/internal/proof"
)

// The part that says what was run, and its notes; noteTook is set for every part.
const (
	wholeRun    = "run"
	noteDate    = "date"
	noteCommit  = "commit"
	noteGo      = "go"
	noteMachine = "machine"
	noteSize    = "size"
	noteTook    = "took"
)

// about says when, where and of what a run was.
func about(ctx context.Context, s size, began time.Time) proof.Result {
	return proof.Result{Part: wholeRun, Figures: map[string]int64{"processors": int64(runtime.NumCPU())}, Notes: map[string]string{
		noteDate:    began.UTC().Format(time.DateOnly),
		noteCommit:  commit(ctx),
		noteGo:      fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH),
		noteMachine: fmt.Sprintf("%d processors, %s", runtime.NumCPU(), model()),
		noteSize:    string(s),
		noteTook:    time.Since(began).Round(time.Second).String(),
	}}
}

// commit names the commit, and says when the files were others.
func commit(ctx context.Context) string {
	head, err := exec.CommandContext(ctx, "git", "rev-parse", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(head))
	changed, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--", ".", ":!docs/proof.md", ":!docs/proof.jsonl").Output()
	if err != nil || len(changed) > 0 {
		name += " with changes that were not committed"
	}
	return name
}

// model names the processor where the system tells.
func model() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "model unknown"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "model unknown"
}
