// Package logcopy moves a log from one store to another of any kind, and compares two logs.
//
// A copy has the same events in the same order, with their ids, streams, revisions, types, data and metadata byte for
// byte, so that hash chains and seals hold for it. What is the store's own is new: positions, the time of recording and
// the id of the log. Checkpoints of read models name the old log, so read models are rebuilt.
//
// Nothing may append to either log meanwhile. What comes to the source while it is copied is copied up to the head that
// it had when the copy began; a second run fetches the rest.
package logcopy
