// Package projectorcli is the projector command as a library, so that a program of your own can be the same command with
// your own saga definitions and projections in it: fill in a [Program] and call its Run from main.
//
// # Guarantees
//
//   - Data goes to the standard output and everything else to the standard error. With -o json or -o jsonl an error is one
//     JSON object, {"error":{"code","message","hint"}}.
//   - The exit code tells what kind of end it was: see [ExitOK] and the constants after it.
//   - Commands that read never write: they open the log and the read models for reading only, and can be used beside a
//     running projector. What they show from a read model comes with the position that it is as of.
//   - Whatever the log holds, no control character of it reaches the terminal: it is shown escaped.
//   - A start that was acknowledged in the file given to dev --ack-file is in the log, and synced, before its line is.
package projectorcli
