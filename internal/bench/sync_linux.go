package main

import (
	"os"
	"syscall"
)

// syncData makes the file's data durable the way SQLite does it.
func syncData(file *os.File) error { return syscall.Fdatasync(int(file.Fd())) }
