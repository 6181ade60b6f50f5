package projectorcli

import (
	"fmt"
	"os"
	"sync"
)

// ackFile records the ids of sagas whose start has been acknowledged, one a line. A nil ackFile records nothing.
type ackFile struct {
	mu   sync.Mutex
	file *os.File
}

// openAckFile opens the file to append to; an empty path gives nil.
func openAckFile(path string) (*ackFile, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, usage("name a file that can be written to with --ack-file", "open the file of acknowledged starts: %w", err)
	}
	return &ackFile{file: file}, nil
}

// add returns once the id is on disk.
func (f *ackFile) add(id string) error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.file.WriteString(id + "\n")
	if err == nil {
		err = f.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("record an acknowledged start: %w", err)
	}
	return nil
}

func (f *ackFile) close() error {
	if f == nil {
		return nil
	}
	return f.file.Close()
}
