package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// disk measures what the disk itself can do: 4 KiB appended to a file and synced, one after the other. No store with one
// appender can be much faster.
func disk(_ context.Context, dir string) (f figure, err error) {
	file, err := os.Create(filepath.Join(dir, "raw"))
	if err != nil {
		return figure{}, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	const count = 10_000
	block := make([]byte, 4096)
	var watch stopwatch
	began := time.Now()
	for range count {
		one := time.Now()
		if _, err := file.Write(block); err != nil {
			return figure{}, err
		}
		if err := syncData(file); err != nil {
			return figure{}, err
		}
		watch.add(one)
	}
	return rate(count, time.Since(began), watch.all), nil
}
