// Package crashtest proves what the SQLite store promises about storage that fails: power cuts at any moment, killed
// processes, full disks and input/output errors.
//
// The shipped driver takes no file system of ours, so the proof runs another build of SQLite (ncruces/go-sqlite3) on one:
// a Disk holds for each file the bytes that are durable and a queue of changes that are not. Sync empties the queue; a
// power cut keeps, loses or tears each change in it, in any order, and the same goes for the entries of the directory. A
// Store on that disk does what the shipped store does: it is handed the shipped store's own statements (SQL) and its own
// reading of errors and its own checksum (Rules), and executes them in the same order. What it writes is the same, frame
// by frame; a test of package sqlite compares the two.
//
// A Disk has a shared memory for the index of the WAL, so connections run in the normal locking mode, as the shipped ones
// do, and readers stand beside the writer.
//
// A Campaign appends, cuts, opens again and compares what is found with what was acknowledged. Nothing here runs on more
// than one goroutine, and a seed determines all of it.
package crashtest
