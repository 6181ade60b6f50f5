package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// errStale: the text that a patch looks for is not in its file exactly once.
var errStale = errors.New("stale")

// patched returns the files that the mutant changes, below root, and what they become.
func patched(root string, m mutant) (map[string]string, error) {
	files := map[string]string{}
	for i, e := range m.edits {
		text, read := files[e.file]
		if !read {
			content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file)))
			if err != nil {
				return nil, fmt.Errorf("%q is %w: edit %d: %w", m.name, errStale, i+1, err)
			}
			text = string(content)
		}
		if n := strings.Count(text, e.old); n != 1 {
			return nil, fmt.Errorf("%q is %w: edit %d looks for a text that %s holds %d times, not once:\n%s",
				m.name, errStale, i+1, e.file, n, e.old)
		}
		files[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	return files, nil
}

// stale reports every mutant that does not fit the tree.
func stale(root string, all []mutant) error {
	var errs []error
	for _, m := range all {
		_, err := patched(root, m)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// apply patches the tree below root and returns what undoes it.
func apply(root string, m mutant) (undo func() error, err error) {
	files, err := patched(root, m)
	if err != nil {
		return nil, err
	}
	before := map[string][]byte{}
	undo = func() error {
		var errs []error
		for file, content := range before {
			errs = append(errs, write(root, file, content))
		}
		return errors.Join(errs...)
	}
	for file, text := range files {
		if before[file], err = os.ReadFile(filepath.Join(root, filepath.FromSlash(file))); err != nil {
			return nil, errors.Join(err, undo())
		}
		if err := write(root, file, []byte(text)); err != nil {
			return nil, errors.Join(err, undo())
		}
	}
	return undo, nil
}

func write(root, file string, content []byte) error {
	return os.WriteFile(filepath.Join(root, filepath.FromSlash(file)), content, 0o600)
}
