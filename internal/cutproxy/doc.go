// Package cutproxy stands between a client and its server, for tests, and breaks their connections after an exact number
// of bytes.
//
// A Proxy passes everything on until it is given a Fault. Every connection counts the bytes of the fault's direction from
// then on, or from its own beginning, and the fault strikes as soon as as many have passed: not one more comes through. With
// 0 it strikes when the first byte is to pass.
//
// Toxiproxy as a library breaks connections too, but of all that it can do only a plain close (limit_data) comes at an
// exact byte; a reset comes after a time, and it has no half-close and no silence from a byte on.
package cutproxy
