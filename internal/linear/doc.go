// Package linear checks that the stores are linearizable: that every answer which concurrent callers got, faults
// included, is one that a plain list of events for each stream could have given, one call after the other.
//
// It holds tests only. Callers append under exact expectations, repeat what they do not know the outcome of, and read;
// what they asked and were told is recorded with the time, and porcupine looks for an order of the calls that explains it.
// A call whose outcome is unknown may have had its effect at any time after it began, or never. One that was refused had
// none, so that its events may not turn up.
package linear
